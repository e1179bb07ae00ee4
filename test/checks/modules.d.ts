/** A shader is imported as its text, for `tsc`; Deno reads the attribute `type: "text"` itself. */
declare module "*.wgsl" {
  const source: string;
  export default source;
}

declare module "*.css";
