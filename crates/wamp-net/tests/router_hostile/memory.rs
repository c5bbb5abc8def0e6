//! What the process has allocated. Both ends of all connections are in it, but no socket's buffers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size, Ordering::Relaxed);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes at this moment.
pub(crate) fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// How much more there is than there was.
pub(crate) fn grown(since: usize) -> usize {
    live().saturating_sub(since)
}

static TESTS: RwLock<()> = RwLock::const_new(());

/// A test that others may run beside.
pub(crate) async fn shared() -> RwLockReadGuard<'static, ()> {
    TESTS.read().await
}

/// A test that measures, and so is alone.
pub(crate) async fn alone() -> RwLockWriteGuard<'static, ()> {
    TESTS.write().await
}
