//! See `countersign_fuzz::differ`.
#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(countersign_fuzz::differ::check);
