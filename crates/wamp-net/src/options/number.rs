//! Numbers with units.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

/// No time limit is longer: added to a point in time it must not overflow.
const LONGEST: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// A time in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Seconds(pub Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = deserializer.deserialize_any(AsNumber("a number of seconds"))?;
        if seconds < 0.0 {
            return Err(D::Error::invalid_value(Unexpected::Float(seconds), &"0 or more seconds"));
        }
        Ok(Self(Duration::from_secs_f64(seconds.min(LONGEST))))
    }
}

/// How often, how many, how large: infinity counts as the largest number there is, what is negative as 0.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub usize);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsNumber("a number")).map(|number| Self(number as usize))
    }
}

/// How many there may be: whole, not negative, and infinity is the largest number there is.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a whole number from 0";
        let number = deserializer.deserialize_any(AsNumber(EXPECTED))?;
        if number >= 0.0 && (number.is_infinite() || number.fract() == 0.0) {
            return Ok(Self(number as usize));
        }
        Err(D::Error::invalid_value(Unexpected::Float(number), &EXPECTED))
    }
}

/// A number from 1 to the largest of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Positive(pub u32);

impl<'de> Deserialize<'de> for Positive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a number from 1 to 4294967295";
        let number = deserializer.deserialize_any(AsNumber(EXPECTED))?;
        if (1.0..=f64::from(u32::MAX)).contains(&number) {
            return Ok(Self(number as u32));
        }
        Err(D::Error::invalid_value(Unexpected::Float(number), &EXPECTED))
    }
}

/// A number that is whole and not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole(pub u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a whole number from 0";
        /// Above it a number stands for several.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        let number = deserializer.deserialize_any(AsNumber(EXPECTED))?;
        if number.fract() == 0.0 && (0.0..=LARGEST).contains(&number) {
            return Ok(Self(number as u64));
        }
        Err(D::Error::invalid_value(Unexpected::Float(number), &EXPECTED))
    }
}

/// Reads any number but NaN; says what was expected.
struct AsNumber(&'static str);

impl Visitor<'_> for AsNumber {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_i64<E>(self, integer: i64) -> Result<f64, E> {
        Ok(integer as f64)
    }

    fn visit_u64<E>(self, integer: u64) -> Result<f64, E> {
        Ok(integer as f64)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<f64, E> {
        if number.is_nan() { Err(E::invalid_value(Unexpected::Float(number), &self)) } else { Ok(number) }
    }
}
