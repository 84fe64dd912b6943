/** A peer that can be started. */
export interface PeerInfo {
  readonly name: string
  /** What has to be installed. */
  readonly needs: string
  /** Whether it can use more than one thread in Node. */
  readonly threaded: boolean
  /** By workload, where its work is not the same as ours. */
  readonly differs: Readonly<Record<string, string>>
}

/** A peer in a process of its own. */
export interface Peer {
  readonly name: string
  readonly version: string
  readonly threads: number
  /**
   * Samples a second of a workload (`W1` to `W10`) trained for `seconds`, or GFLOP/s of `gemm512` and `gemm1024`. The
   * first call prepares the workload and takes one step outside the measured time.
   * @throws Error with the peer's own text where it cannot do the workload
   */
  speed(workload: string, seconds: number): Promise<number>
  /** Trains on one and the same batch for `seconds`, two steps at least: the losses of the first and the last step. */
  learn(workload: string, seconds: number): Promise<{ steps: number; first: number; last: number }>
  close(): void
}

/** All peers; the first is our own engine. */
export const peers: readonly PeerInfo[]

/**
 * The images in the folder that LANEGRAD_DATA names, or made-up ones; `remove` deletes what was made.
 * @throws Error when the folder has no images
 */
export function openImages(): { readonly folder: string; readonly title: string; remove(): void }

/**
 * Starts a peer.
 * @throws Error with a sentence that says what is missing
 */
export function startPeer(
  name: string,
  options: {
    readonly folder: string
    /** 1 by default. */
    readonly threads?: number
    /** Seconds until an answer must have come, besides the measured time; 180 by default. */
    readonly patience?: number
  },
): Promise<Peer>
