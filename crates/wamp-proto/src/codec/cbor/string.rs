//! CBOR: byte strings and text, in one piece or in many (RFC 8949, section 3.2.3).

use std::borrow::Cow;

use super::head::{self, Head, Problem};

const NOT_UTF8: Problem = "a string that is not UTF-8";
const ODD_PIECE: Problem = "a string with a piece of another type";

/// Binary data of that size, whose head was read.
pub(super) fn bytes<'a>(input: &mut &'a [u8], size: Option<usize>) -> Result<Cow<'a, [u8]>, Problem> {
    if let Some(size) = size {
        return head::take(input, size).map(Cow::Borrowed);
    }
    let mut whole = Vec::new();
    while !head::ends(input) {
        let Head::Bytes(Some(size)) = head::read(input)? else { return Err(ODD_PIECE) };
        whole.extend_from_slice(head::take(input, size)?);
    }
    Ok(Cow::Owned(whole))
}

/// Text of that size, whose head was read. Each of its pieces is text.
pub(super) fn text<'a>(input: &mut &'a [u8], size: Option<usize>) -> Result<Cow<'a, str>, Problem> {
    if let Some(size) = size {
        return piece(input, size).map(Cow::Borrowed);
    }
    let mut whole = String::new();
    while !head::ends(input) {
        let Head::Text(Some(size)) = head::read(input)? else { return Err(ODD_PIECE) };
        whole.push_str(piece(input, size)?);
    }
    Ok(Cow::Owned(whole))
}

fn piece<'a>(input: &mut &'a [u8], size: usize) -> Result<&'a str, Problem> {
    std::str::from_utf8(head::take(input, size)?).map_err(|_| NOT_UTF8)
}

/// Skips the pieces of a string of indefinite length.
pub(super) fn skip_pieces(input: &mut &[u8], is_text: bool) -> Result<(), Problem> {
    while !head::ends(input) {
        match head::read(input)? {
            Head::Text(Some(size)) if is_text => head::take(input, size)?,
            Head::Bytes(Some(size)) if !is_text => head::take(input, size)?,
            _ => return Err(ODD_PIECE),
        };
    }
    Ok(())
}
