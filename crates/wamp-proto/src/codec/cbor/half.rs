//! CBOR: floats of 16 bits (RFC 8949, appendix D), and the shortest form of any.

const HALF: u8 = 0xf9;
const SINGLE: u8 = 0xfa;
const DOUBLE: u8 = 0xfb;

/// The value of a float of 16 bits.
pub(super) fn to_f64(half: u16) -> f64 {
    let (exponent, mantissa) = (half >> 10 & 0x1f, f64::from(half & 0x3ff));
    let size = match exponent {
        0 => mantissa * power_of_two(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * power_of_two(i32::from(exponent) - 25),
    };
    if half >> 15 == 0 { size } else { -size }
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// Writes a float in the fewest bytes that mean the same number.
pub fn put_float(out: &mut Vec<u8>, value: f64) {
    let single = value as f32;
    if value.is_nan() {
        put(out, HALF, [0x7e, 0]);
    } else if f64::from(single) != value {
        put(out, DOUBLE, value.to_be_bytes());
    } else if let Some(half) = to_half(single) {
        put(out, HALF, half.to_be_bytes());
    } else {
        put(out, SINGLE, single.to_be_bytes());
    }
}

fn put<const N: usize>(out: &mut Vec<u8>, mark: u8, bytes: [u8; N]) {
    out.reserve(N + 1);
    out.push(mark);
    out.extend_from_slice(&bytes);
}

/// The same number in 16 bits, where they are enough. Not for NaN.
fn to_half(single: f32) -> Option<u16> {
    let bits = single.to_bits();
    let (sign, exponent, mantissa) = ((bits >> 16 & 0x8000) as u16, (bits >> 23 & 0xff) as i32 - 127, bits & 0x7f_ffff);
    let half = match exponent {
        128 => 0x7c00,
        -14..=15 if mantissa.trailing_zeros() >= 13 => ((exponent + 15) as u32) << 10 | mantissa >> 13,
        -24..=-15 => subnormal(mantissa | 0x80_0000, (-1 - exponent) as u32)?,
        -127 if mantissa == 0 => 0,
        _ => return None,
    };
    Some(sign | half as u16)
}

fn subnormal(mantissa: u32, shift: u32) -> Option<u32> {
    (mantissa.trailing_zeros() >= shift).then_some(mantissa >> shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64) -> Vec<u8> {
        let mut out = Vec::new();
        put_float(&mut out, value);
        out
    }

    #[test]
    fn every_half_is_read_and_written() {
        for bits in 0..=u16::MAX {
            let value = to_f64(bits);
            let expected = if value.is_nan() { 0x7e00 } else { bits };
            assert_eq!(written(value), [&[HALF][..], &expected.to_be_bytes()].concat(), "{bits:x}");
        }
    }

    #[test]
    fn the_examples_of_the_rfc() {
        for (value, half) in [(1.0, 0x3c00), (5.960_464_477_539_063e-8, 0x0001), (0.000_061_035_156_25, 0x0400)] {
            assert_eq!(to_f64(half), value);
        }
        for (value, size) in [(1.5, 3), (65_504.0, 3), (65_505.0, 5), (100_000.0, 5), (3.402_823_466_385_288_6e38, 5)] {
            assert_eq!(written(value).len(), size, "{value}");
        }
        for value in [1.1, 1.0e300, 1e-45, f64::MIN_POSITIVE, 2_f64.powi(-150)] {
            assert_eq!(written(value), [&[DOUBLE][..], &value.to_be_bytes()].concat(), "{value}");
        }
        for value in [2_f64.powi(-25), 2_f64.powi(-149), 2_f64.powi(-24) * 1.5, 65_536.0] {
            assert_eq!(written(value), [&[SINGLE][..], &(value as f32).to_be_bytes()].concat(), "{value}");
        }
    }
}
