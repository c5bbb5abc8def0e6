//! Frames and bytes, counted together.

/// An amount of messages: a count, or a bound of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

impl Quota {
    /// Counts one more frame.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes;
    }

    /// Whether either number has reached the bound.
    pub(crate) fn reaches(self, bound: Self) -> bool {
        self.frames >= bound.frames || self.bytes >= bound.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_number_reaches_the_bound() {
        let bound = Quota { frames: 3, bytes: 100 };
        let mut quota = Quota::default();
        quota.add(99);
        assert!(!quota.reaches(bound));
        quota.add(1);
        assert!(quota.reaches(bound));
        let mut small = Quota::default();
        for _ in 0..3 {
            assert!(!small.reaches(bound));
            small.add(0);
        }
        assert!(small.reaches(bound));
    }
}
