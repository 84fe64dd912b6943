/**
 * How many random cases a test draws: `few`, which any change to what it tests should meet, or with
 * LANEGRAD_TEST_EFFORT=full, as on CI, `many`.
 */
export const effort = (few: number, many: number) =>
  process.env.LANEGRAD_TEST_EFFORT === 'full' ? many : few
