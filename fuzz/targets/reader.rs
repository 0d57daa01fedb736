//! See `countersign_fuzz::reader`.
#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(countersign_fuzz::reader::check);
