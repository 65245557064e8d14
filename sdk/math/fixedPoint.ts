/**
 * Integer arithmetic as the contracts do it. A wad has 18 decimals. `/` on bigints truncates towards zero and `>>`
 * rounds towards minus infinity, which is what the EVM's signed division and arithmetic shift do.
 */

export const WAD = 10n ** 18n;

/**
 * x · y / d, rounded down. All unsigned.
 * @throws RangeError if `d` is 0
 */
export const mulDivDown = (x: bigint, y: bigint, d: bigint): bigint => (x * y) / d;

/**
 * x · y / d, rounded up. All unsigned.
 * @throws RangeError if `d` is 0
 */
export const mulDivUp = (x: bigint, y: bigint, d: bigint): bigint => divUp(x * y, d);

/**
 * x / d, rounded up. Both unsigned.
 * @throws RangeError if `d` is 0
 */
export const divUp = (x: bigint, d: bigint): bigint => (x + d - 1n) / d;

/** The smaller one; of any sign, like `max`. */
export const min = (x: bigint, y: bigint): bigint => (x < y ? x : y);

/** The larger one. */
export const max = (x: bigint, y: bigint): bigint => (x > y ? x : y);

/** x − y, but not below 0. */
export const saturatingSub = (x: bigint, y: bigint): bigint => (x > y ? x - y : 0n);

/** All of them added up; 0 of none. */
export function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}

/** ln 2, in 96 binary places. */
const LN2 = 54916777467707473351141471128n;
/** The largest x at which eˣ rounds to nothing, and the smallest at which it overflows a signed word. */
const EXP_ZERO = -41446531673892822313n;
const EXP_OVERFLOW = 135305999368893231589n;

/**
 * eˣ, to the unit what Solady's `expWad` gives.
 * @param x wad
 * @returns wad, rounded down (but for an error of the approximation below one unit)
 * @throws RangeError where the contract reverts: the result passes 2²⁵⁵
 */
export function expWad(x: bigint): bigint {
  if (x <= EXP_ZERO) return 0n;
  if (x >= EXP_OVERFLOW) throw new RangeError(`expWad: ${x} is too large`);

  // eˣ = 2ᵏ · eᵗ with |t| ≤ ln2 / 2, where a (6, 7)-term rational function of t is accurate
  const binary = (x << 78n) / 5n ** 18n;
  const k = ((binary << 96n) / LN2 + (1n << 95n)) >> 96n;
  const t = binary - k * LN2;

  const y = horner(t, [1n, 1346386616545796478920950773328n, 57155421227552351082224309758442n]);
  const p = (((y + t - 94201549194550492254356042504812n) * y) >> 96n) + 28719021644029726153956944680412240n;
  const q = horner(t, [
    1n,
    -2855989394907223263936484059900n,
    50020603652535783019961831881945n,
    -533845033583426703283633433725380n,
    3604857256930695427073651918091429n,
    -14423608567350463180887372962807573n,
    26449188498355588339934803723976023n,
  ]);
  const quotient = (p * t + (4385272521454847904659076985693276n << 96n)) / q;
  return (quotient * 3822833074963236453042738258902158003155416615667n) >> (195n - k);
}

/**
 * ln x, to the unit what Solady's `lnWad` gives.
 * @param x wad
 * @returns wad, rounded down (but for an error of the approximation below one unit)
 * @throws RangeError where the contract reverts: x ≤ 0
 */
export function lnWad(x: bigint): bigint {
  if (x <= 0n) throw new RangeError(`lnWad: ${x} is not positive`);

  // x = 2ᵏ · t with 1 ≤ t < 2, both in 96 binary places
  const k = BigInt(x.toString(2).length) - 97n;
  const t = k < 0n ? x << -k : x >> k;

  const p = horner(t, [
    1n,
    3273285459638523848632254066296n,
    24828157081833163892658089445524n,
    43456485725739037958740375743393n,
    -11111509109440967052023855526967n,
    -45023709667254063763336534515857n,
    -14706773417378608786704636184526n,
  ]);
  const q = horner(t, [
    1n,
    5573035233440673466300451813936n,
    71694874799317883764090561454958n,
    283447036172924575727196451306956n,
    401686690394027663651624208769553n,
    204048457590392012362485061816622n,
    31853899698501571402653359427138n,
    909429971244387300277376558375n,
  ]);
  const quotient = (p * t - (795164235651350426258249787498n << 96n)) / q;
  const ln2 = 16597577552685614221487285958193947469193820559219878177908093499208371n;
  const lnBase = 600920179829731861736702779321621459595472258049074101567377883020018308n;
  return (1677202110996718588342820967067443963516166n * quotient + ln2 * k + lnBase) >> 174n;
}

/** A monic polynomial in t, the highest term first; all in 96 binary places, rounded down after each term. */
function horner(t: bigint, [, next, ...rest]: bigint[]): bigint {
  return rest.reduce((sum, coefficient) => ((sum * t) >> 96n) + coefficient, t + next);
}
