// A seeded source of numbers, so that generated mail is the same bytes on every machine. Never for anything secret.

export interface Random {
  /** An integer in [0, 2^32). */
  u32(): number;
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  below(limit: number): number;
  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T;
  chance(probability: number): boolean;
  /** Normally distributed, mean 0, deviation 1. */
  normal(): number;
  hex(digits: number): string;
}

/** xoshiro128**, seeded through splitmix32. */
export function seeded(seed: number): Random {
  let mix = seed >>> 0;
  const split = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split() | 1;
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const u32 = () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const next = () => u32() / 4_294_967_296;
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    u32,
    next,
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    chance: (probability) => next() < probability,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    hex: (digits) => {
      let text = "";
      while (text.length < digits) text += u32().toString(16).padStart(8, "0");
      return text.slice(0, digits);
    },
  };
}
