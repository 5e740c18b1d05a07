//! Bytes on the heap of the test process: what a leak adds to, and a busy allocator does not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The allocator of the system, and a count.
struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

/// Wraps around in between, where a thread frees what another has not counted yet.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Bytes that are allocated now, by all threads together.
pub(crate) fn live_bytes() -> usize {
    LIVE.load(Ordering::Relaxed)
}

fn add(bytes: usize) {
    LIVE.fetch_add(bytes, Ordering::Relaxed);
}

fn remove(bytes: usize) {
    LIVE.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: everything is passed on to the allocator of the system as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: what is promised to this function is promised to that one.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        remove(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        remove(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}
