//! Inputs that once broke a property, and every seed, keep all properties.

use countersign_fuzz::{TARGETS, seeds};
use std::panic::catch_unwind;

#[test]
fn inputs_that_once_broke_a_property_do_not_any_more() {
    for (target, check) in TARGETS {
        for (name, input) in seeds::regressions(target).unwrap() {
            assert!(catch_unwind(|| check(&input)).is_ok(), "{target}/{name}");
        }
    }
}

#[test]
fn every_target_has_seeds() {
    for (target, _) in TARGETS {
        let seeds = seeds::of(target).unwrap();
        assert!(seeds.len() > 50, "{target} has {}", seeds.len());
    }
}
