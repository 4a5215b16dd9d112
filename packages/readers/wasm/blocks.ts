// 64 bytes at a time: a bit for each byte that is what is looked for, the first byte in the lowest bit.

export function eq(at: usize, byte: i32): u64 {
  const wanted = i8x16.splat(<i8>byte);
  return mask(i8x16.eq(v128.load(at), wanted), i8x16.eq(v128.load(at, 16), wanted), i8x16.eq(v128.load(at, 32), wanted), i8x16.eq(v128.load(at, 48), wanted));
}

/** Upper and lower case alike; `{` and `[`, `}` and `]` differ in the same bit. */
export function eqFolded(at: usize, byte: i32): u64 {
  const wanted = i8x16.splat(<i8>byte);
  const bit = i8x16.splat(0x20);
  return mask(
    i8x16.eq(v128.or(v128.load(at), bit), wanted),
    i8x16.eq(v128.or(v128.load(at, 16), bit), wanted),
    i8x16.eq(v128.or(v128.load(at, 32), bit), wanted),
    i8x16.eq(v128.or(v128.load(at, 48), bit), wanted),
  );
}

export function digitsAt(at: usize): u64 {
  const zero = i8x16.splat(0x30);
  const ten = i8x16.splat(10);
  return mask(
    i8x16.lt_u(i8x16.sub(v128.load(at), zero), ten),
    i8x16.lt_u(i8x16.sub(v128.load(at, 16), zero), ten),
    i8x16.lt_u(i8x16.sub(v128.load(at, 32), zero), ten),
    i8x16.lt_u(i8x16.sub(v128.load(at, 48), zero), ten),
  );
}

function mask(a: v128, b: v128, c: v128, d: v128): u64 {
  return <u64>i8x16.bitmask(a) | ((<u64>i8x16.bitmask(b)) << 16) | ((<u64>i8x16.bitmask(c)) << 32) | ((<u64>i8x16.bitmask(d)) << 48);
}

/** The bits below this one. */
export function below(bit: i32): u64 {
  return bit >= 64 ? ~(<u64>0) : ((<u64>1) << bit) - 1;
}

/** What may not stand in a string. */
export function controlsAt(at: usize): u64 {
  const space = i8x16.splat(0x20);
  return mask(i8x16.lt_u(v128.load(at), space), i8x16.lt_u(v128.load(at, 16), space), i8x16.lt_u(v128.load(at, 32), space), i8x16.lt_u(v128.load(at, 48), space));
}
