//! Strings that are written in JSON as they are, which most are: many bytes are looked at together.

/// How many bytes at the beginning stand for themselves in a string: ASCII without quotes, backslashes and control
/// characters.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    const NEAR: usize = 24;
    let Some((near, far)) = bytes.split_first_chunk::<NEAR>() else { return plain_by_words(bytes) };
    let (words, _) = near.as_chunks::<8>();
    for (word, at) in words.iter().zip(0..) {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    NEAR + plain_by_blocks(far)
}

/// Whether all bytes are such.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let ends = special_bytes(u64::from_le_bytes(*first)) | special_bytes(u64::from_le_bytes(*last));
        return ends == 0 && (bytes.len() <= 16 || plain(bytes) == bytes.len());
    }
    !bytes.iter().fold(false, |special, &byte| special | is_special(byte))
}

fn plain_by_blocks(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<64>();
    let len = blocks.iter().take_while(|block| !has_special(block)).count() * 64;
    len + plain_by_words(bytes.get(len..).unwrap_or_default())
}

/// Without a branch, so that many bytes are compared at once.
fn has_special(block: &[u8; 64]) -> bool {
    block.iter().fold(0, |special, byte| special | u8::from(is_special(*byte))) != 0
}

fn plain_by_words(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (word, at) in words.iter().zip(0..) {
        let special = special_bytes(u64::from_le_bytes(*word));
        if special != 0 {
            return at * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().take_while(|byte| !is_special(**byte)).count()
}

/// Seen as signed, the bytes beyond ASCII are the smallest.
const fn is_special(byte: u8) -> bool {
    (byte.cast_signed() < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// The highest bit of each special byte; above the first one, of others too.
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote | backslash | control | word) & HIGH
}
