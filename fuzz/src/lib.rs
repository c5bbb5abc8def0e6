//! What the fuzz targets share: [`codec`], [`net`], [`rawsocket`] and [`text`] say what must hold for any bytes, [`client`] and [`realm`]
//! drive a machine with what [`pick`] makes of them and say what must hold for any sequence.

pub mod client;
pub mod codec;
#[cfg(fuzzing)]
pub mod net;
pub mod pick;
#[cfg(fuzzing)]
pub mod rawsocket;
pub mod realm;
pub mod text;
