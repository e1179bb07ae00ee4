/**
 * The image that renters get: PyTorch with CUDA, and an SSH server.
 *
 * Source of what must be in it: neuralinternet/compute-subnet v1.8.3, `build_sample_container` of
 * `neurons/Miner/container.py`, and the script that `neurons/Validator/pog.py` sends over.
 *
 * @module
 */

import { createTar } from "nanotar";

/** Its name, with a number that changes when what it is built of does. */
export const RENTAL_IMAGE = "weft-rental:1";

/**
 * What it is built of. A validator's program is run by `python3` without a login, so that name must
 * lead to the Python that has PyTorch; and its answer is pickled by a NumPy before 2, for what a
 * later one pickles an earlier one cannot read. Root has no password until there is a renter.
 */
export const RENTAL_DOCKERFILE = `FROM pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
ENV DEBIAN_FRONTEND=noninteractive
ENV PATH=/opt/conda/bin:$PATH
RUN apt-get update \\
 && apt-get install -y --no-install-recommends build-essential openssh-server \\
 && rm -rf /var/lib/apt/lists/* \\
 && mkdir -p /run/sshd /etc/ssh/sshd_config.d \\
 && printf 'PermitRootLogin yes\\nPasswordAuthentication yes\\nPubkeyAuthentication yes\\n' \\
    > /etc/ssh/sshd_config.d/00-rental.conf \\
 && install -d -m 700 /root/.ssh \\
 && ln -sf /opt/conda/bin/python /usr/local/bin/python3 \\
 && echo 'export PATH=/opt/conda/bin:$PATH' >> /root/.bashrc
RUN python3 -m pip install --no-cache-dir numpy==1.24.3
EXPOSE 22
CMD ["/usr/sbin/sshd", "-D"]
`;

/** A folder with nothing but a Dockerfile, as a build wants it: a tar that is not compressed. */
export function buildContext(dockerfile: string): Uint8Array<ArrayBuffer> {
  const attrs = { mtime: 0, uid: 0, gid: 0 };
  return new Uint8Array(createTar([{ name: "Dockerfile", data: dockerfile, attrs }]));
}
