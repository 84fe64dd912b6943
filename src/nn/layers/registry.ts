/**
 * The kinds of layers that are known, by type. A kind is made known by the function that describes it, such as `dense`, so
 * that a page loads the layers that it uses and no others; `knowAllLayers` of layers/index.ts makes known all that there
 * are, for descriptions that come from a file.
 */
import { ModelError } from '../../errors.js'
import { show } from '../../schema/show.js'
import { quoted } from '../../schema/values.js'
import type { Layer, Place, TypedSpec } from '../layer.js'

type Build = (spec: never, place: Place) => Layer

const builders = new Map<string, Build>()

/** Makes a kind of layer known; once more changes nothing. */
export function knowLayer(type: string, build: Build): void {
  builders.set(type, build)
}

/** @throws ModelError when there is a layer of one's own of this type already */
export function registerLayer(type: string, build: Build): void {
  if (builders.has(type)) throw new ModelError(`defineLayer: there is a layer of type "${type}" already.`)
  builders.set(type, build)
}

const isOwn = (type: string) => type.includes(':')

/**
 * Builds one layer from its description.
 * @throws ModelError that names `where` for what is no description, or of a type that is unknown
 */
export function buildLayer(spec: TypedSpec, place: Place, where: string): Layer {
  const { type } = spec
  const build = typeof type === 'string' ? builders.get(type) : undefined
  if (build === undefined && typeof type === 'string' && isOwn(type)) {
    throw new ModelError(
      `${where}: no layer of type ${show(type)} is defined; defineLayer defines it, before the model is built.`,
    )
  }
  if (build === undefined) {
    const known = [...builders.keys()].filter((name) => !isOwn(name)).sort()
    throw new ModelError(
      `${where}: type should be one of ${quoted(known)}, or in a description that modelFromConfig builds that of any layer, found ${show(type)}.`,
    )
  }
  return build(spec as never, place)
}
