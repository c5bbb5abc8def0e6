//! One large buffer that is used again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};

/// A larger buffer is given back to the system.
const LARGEST: usize = 4 << 20;

/// Memory for a large message. What is fresh from the system costs a page fault for each 4 kB of it, which is more than
/// all that a router does with a large message otherwise.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<BytesMut>);

impl Spare {
    fn lock(&self) -> MutexGuard<'_, BytesMut> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The spare buffer, or one without memory while somebody else uses it.
    pub(super) fn take(&self) -> BytesMut {
        std::mem::take(&mut *self.lock())
    }

    /// Takes the memory of a message back, unless somebody still reads it.
    pub(super) fn give(&self, message: Bytes) {
        let Ok(mut buffer) = message.try_into_mut() else { return };
        buffer.clear();
        let mut spare = self.lock();
        if buffer.capacity() <= LARGEST && buffer.capacity() > spare.capacity() {
            *spare = buffer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_message_is_used_again() {
        let spare = Spare::default();
        let message = Bytes::from(vec![0; 1 << 20]);
        let (memory, reader) = (message.as_ptr(), message.clone());
        spare.give(message);
        assert_eq!(spare.take().capacity(), 0);
        spare.give(reader);
        let buffer = spare.take();
        assert_eq!((buffer.as_ptr(), buffer.len(), buffer.capacity()), (memory, 0, 1 << 20));
    }

    #[test]
    fn nothing_huge_is_kept() {
        let spare = Spare::default();
        spare.give(Bytes::from(vec![0; LARGEST + 1]));
        assert_eq!(spare.take().capacity(), 0);
    }
}
