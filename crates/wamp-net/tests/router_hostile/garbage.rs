//! Bytes that are no messages, in good frames, and bytes that are no frames.

use futures_util::SinkExt;
use rand::{RngCore, SeedableRng, rngs::StdRng};
