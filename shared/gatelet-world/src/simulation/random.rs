//! Chance that a seed decides.

use std::time::Duration;

/// Numbers that look like chance and follow from a seed: SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// What follows from a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another; 0 below 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.number() % end }
    }

    /// From 0 to 1, without 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits are what a float holds")]
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something happens that happens so often.
    pub fn chance(&mut self, chance: f64) -> bool {
        self.share() < chance
    }

    /// A time between two.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.share())
    }

    /// The time until what happens by chance, so far apart on average, happens next.
    pub fn until_next(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.share()).ln())
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, choices: &[T], otherwise: T) -> T {
        let position = self.below(choices.len() as u64);
        usize::try_from(position)
            .ok()
            .and_then(|position| choices.get(position))
            .copied()
            .unwrap_or(otherwise)
    }
}
