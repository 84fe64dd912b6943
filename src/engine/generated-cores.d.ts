/** The bytes of a core as text: scripts/build.mjs writes a file for each. */
declare module './cores/*.generated.js' {
  export const base64: string
}
