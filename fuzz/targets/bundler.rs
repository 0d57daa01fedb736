//! See `countersign_fuzz::bundler`.
#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(countersign_fuzz::bundler::check);
