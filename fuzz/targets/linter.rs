//! See `countersign_fuzz::linter`.
#![cfg_attr(fuzzing, no_main)]

countersign_fuzz::target!(countersign_fuzz::linter::check);
