//! How many threads libtorch computes an operation with.

/// The number of threads that libtorch had on this thread; it has it again when this is dropped.
pub struct Threads(i32);

impl Threads {
    /// So many from now on.
    pub fn set(threads: i32) -> Self {
        let before = tch::get_num_threads();
        tch::set_num_threads(threads);
        Self(before)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        tch::set_num_threads(self.0);
    }
}
