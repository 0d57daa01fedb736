//! What must hold for any input at all, as functions that a fuzzer calls: no panic, bounded time and memory, and the
//! properties that each target's module names.
//!
//! `cargo xtask fuzz` lets libFuzzer look for an input that breaks them. Inputs that once did are in `regressions/`,
//! one folder for each target; an ordinary test replays them. A binary built without libFuzzer replays the files that
//! it is given: `cargo run -p countersign-fuzz --bin fuzz-linter -- FILE`.

pub mod bundler;
pub mod differ;
mod folder;
pub mod linter;
pub mod mutate;
pub mod packed;
pub mod reader;
pub mod seeds;

use countersign_spec::{BundleOptions, Dangling, LossyNumbers, OnCollision};

/// The properties of a target. Panics where one does not hold.
pub type Check = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Check); 4] =
    [("reader", reader::check), ("bundler", bundler::check), ("linter", linter::check), ("differ", differ::check)];

/// Takes whatever the reference bundler takes.
const LENIENT: BundleOptions =
    BundleOptions { on_collision: OnCollision::Number, dangling: Dangling::Keep, lossy_numbers: LossyNumbers::Round };

/// Makes a binary of a target: a fuzzer, or without `cfg(fuzzing)` a program that replays files.
#[macro_export]
macro_rules! target {
    ($check:path) => {
        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_target!(|data: &[u8]| $check(data));

        #[cfg(fuzzing)]
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            match $crate::mutate::lines(&data[..size], max_size, seed) {
                Some(mutated) => {
                    data[..mutated.len()].copy_from_slice(&mutated);
                    mutated.len()
                }
                None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
            }
        });

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            for path in std::env::args_os().skip(1) {
                let started = std::time::Instant::now();
                $check(&std::fs::read(&path)?);
                println!("{}: fine, {} ms", path.to_string_lossy(), started.elapsed().as_millis());
            }
            Ok(())
        }
    };
}
