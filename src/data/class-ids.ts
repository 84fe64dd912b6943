/** Ids of classes as a data set has them: in bytes where they have room. */
export function classIds(
  ids: Int32Array,
  classes: number,
): { targets: Uint8Array | Int32Array; classes: number } {
  const fits = classes <= 256 && ids.every((id) => id >= 0 && id < classes)
  return { targets: fits ? Uint8Array.from(ids) : ids, classes }
}
