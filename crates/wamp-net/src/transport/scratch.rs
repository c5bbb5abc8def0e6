//! Memory that a thread works in: to read into, and to mask in. So an idle connection needs none.

use std::cell::RefCell;

/// What is masked and written at once.
const SIZE: usize = 128 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Works in this thread's memory, whose content is arbitrary.
pub(super) fn with<R>(work: impl FnOnce(&mut [u8]) -> R) -> R {
    // A thread that is ending has none any more.
    let mut memory = SCRATCH.try_with(RefCell::take).unwrap_or_default();
    if memory.is_empty() {
        memory = vec![0; SIZE];
    }
    let result = work(&mut memory);
    let _ = SCRATCH.try_with(|scratch| scratch.replace(memory));
    result
}
