/** Integer constants that asconfig.json sets for each build. */

/** 1 where scripts/build/lower-simd.mjs will take the SIMD instructions out, else 0. */
declare const SCALAR: i32
