import type { Engine } from '../engine/engine.js'

type Source = Uint8Array | Float32Array

interface Upload {
  readonly address: number
  users: number
}

const uploads = new WeakMap<Engine, Map<Source, Upload>>()

/** Address of a copy of `source` in the engine's memory: one copy, however many trainers use it. */
export function upload(engine: Engine, source: Source): number {
  const known = uploads.get(engine) ?? new Map<Source, Upload>()
  uploads.set(engine, known)
  let found = known.get(source)
  if (!found) {
    found = { address: engine.allocate(source.byteLength), users: 0 }
    if (source instanceof Uint8Array) engine.views.u8.set(source, found.address)
    else engine.views.f32.set(source, found.address >>> 2)
    known.set(source, found)
  }
  found.users++
  return found.address
}

/** Gives one use of a copy back; the last one frees it. */
export function releaseUpload(engine: Engine, source: Source): void {
  const known = uploads.get(engine)
  const found = known?.get(source)
  if (!found || --found.users > 0) return
  known!.delete(source)
  engine.release(found.address)
}
