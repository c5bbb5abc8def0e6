//! MessagePack: the first bytes of a value, which say its type and how much follows.

use rmp::Marker;

/// What is wrong with a value.
pub(in crate::codec) type Problem = &'static str;

const ENDS: Problem = "it ends within a value";

/// What a value's first bytes say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::codec) enum Head {
    Nil,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// Text of that many bytes.
    Str(usize),
    /// Binary data of that many bytes.
    Bin(usize),
    /// An extension of that many bytes, its type among them.
    Ext(usize),
    /// A list of that many values.
    List(usize),
    /// A dictionary of that many keys and values.
    Dict(usize),
}

/// Reads one head and moves the input behind it.
pub(in crate::codec) fn read(input: &mut &[u8]) -> Result<Head, Problem> {
    let [marker] = take_array(input)?;
    Ok(match Marker::from_u8(marker) {
        Marker::Null => Head::Nil,
        Marker::True => Head::Bool(true),
        Marker::False => Head::Bool(false),
        Marker::FixPos(n) => Head::Int(n.into()),
        Marker::FixNeg(n) => Head::Int(n.into()),
        Marker::FixStr(n) => Head::Str(n.into()),
        Marker::FixArray(n) => Head::List(n.into()),
        Marker::FixMap(n) => Head::Dict(n.into()),
        marker => return read_sized(marker, input),
    })
}

fn read_sized(marker: Marker, input: &mut &[u8]) -> Result<Head, Problem> {
    Ok(match marker {
        Marker::Str8 => Head::Str(length::<1>(input)?),
        Marker::Str16 => Head::Str(length::<2>(input)?),
        Marker::Str32 => Head::Str(length::<4>(input)?),
        Marker::Bin8 => Head::Bin(length::<1>(input)?),
        Marker::Bin16 => Head::Bin(length::<2>(input)?),
        Marker::Bin32 => Head::Bin(length::<4>(input)?),
        Marker::Array16 => Head::List(length::<2>(input)?),
        Marker::Array32 => Head::List(length::<4>(input)?),
        Marker::Map16 => Head::Dict(length::<2>(input)?),
        Marker::Map32 => Head::Dict(length::<4>(input)?),
        marker => return read_number(marker, input),
    })
}

fn read_number(marker: Marker, input: &mut &[u8]) -> Result<Head, Problem> {
    Ok(match marker {
        Marker::U8 => Head::Int(u8::from_be_bytes(take_array(input)?).into()),
        Marker::U16 => Head::Int(u16::from_be_bytes(take_array(input)?).into()),
        Marker::U32 => Head::Int(u32::from_be_bytes(take_array(input)?).into()),
        Marker::U64 => unsigned(u64::from_be_bytes(take_array(input)?)),
        Marker::I8 => Head::Int(i8::from_be_bytes(take_array(input)?).into()),
        Marker::I16 => Head::Int(i16::from_be_bytes(take_array(input)?).into()),
        Marker::I32 => Head::Int(i32::from_be_bytes(take_array(input)?).into()),
        Marker::I64 => Head::Int(i64::from_be_bytes(take_array(input)?)),
        Marker::F32 => Head::Float(f32::from_be_bytes(take_array(input)?).into()),
        Marker::F64 => Head::Float(f64::from_be_bytes(take_array(input)?)),
        marker => return read_ext(marker, input),
    })
}

/// What the usual serializers of JavaScript (msgpackr, msgpack5) make of `undefined`, which Wampy.js writes for each
/// option that is not set: an extension of type 0 with one byte, 0.
const UNDEFINED: &[u8] = &[0, 0];

fn read_ext(marker: Marker, input: &mut &[u8]) -> Result<Head, Problem> {
    if let (Marker::FixExt1, Some(rest)) = (marker, input.strip_prefix(UNDEFINED)) {
        *input = rest;
        return Ok(Head::Nil);
    }
    let data = match marker {
        Marker::FixExt1 => 1,
        Marker::FixExt2 => 2,
        Marker::FixExt4 => 4,
        Marker::FixExt8 => 8,
        Marker::FixExt16 => 16,
        Marker::Ext8 => length::<1>(input)?,
        Marker::Ext16 => length::<2>(input)?,
        Marker::Ext32 => length::<4>(input)?,
        _ => return Err("0xc1 is no MessagePack type"),
    };
    Ok(Head::Ext(data.saturating_add(1)))
}

/// Takes that many bytes off the input.
pub(in crate::codec) fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], Problem> {
    let (taken, rest) = input.split_at_checked(count).ok_or(ENDS)?;
    *input = rest;
    Ok(taken)
}

fn take_array<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], Problem> {
    let (taken, rest) = input.split_first_chunk().ok_or(ENDS)?;
    *input = rest;
    Ok(*taken)
}

/// A big-endian length of one, two or four bytes.
fn length<const N: usize>(input: &mut &[u8]) -> Result<usize, Problem> {
    Ok(take_array::<N>(input)?.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte)))
}

fn unsigned(n: u64) -> Head {
    i64::try_from(n).map_or(Head::Uint(n), Head::Int)
}
