//! Work side by side, results one after the other.

use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` on every item, on so many threads at once, and hands the results to `take` on this
/// thread, in the order of the items and as soon as they are there.
///
/// # Errors
/// The first of `take`'s; no item is begun after it.
pub fn in_order<I: Sync, R: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> R + Sync,
    mut take: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if sender.send((index, work(item))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut early = BTreeMap::new();
        let mut taken = 0;
        for (index, result) in results {
            early.insert(index, result);
            while let Some(result) = early.remove(&taken) {
                taken += 1;
                if let Err(error) = take(result) {
                    next.store(items.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        // The first is ready last.
        let work = |&n: &u64| {
            thread::sleep(Duration::from_millis(20 - 4 * n));
            n * n
        };
        let mut taken = Vec::new();
        in_order(&[0, 1, 2, 3, 4], 5, work, |n| {
            taken.push(n);
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, [0, 1, 4, 9, 16]);
    }

    #[test]
    fn after_an_error_nothing_is_begun() {
        let begun = Mutex::new(0);
        let work = |&n: &usize| {
            *begun.lock().unwrap() += 1;
            // All of them would take a second, longer than the first results wait to be taken.
            thread::sleep(Duration::from_millis(1));
            n
        };
        let items: Vec<usize> = (0..1000).collect();
        let error = in_order(&items, 1, work, |n| {
            anyhow::ensure!(n < 3, "at {n}");
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), "at 3");
        assert!(*begun.lock().unwrap() < 1000);
    }

    #[test]
    fn no_items_are_no_work() {
        in_order(&[], 4, |_: &u8| unreachable!(), |()| Ok(())).unwrap();
    }
}
