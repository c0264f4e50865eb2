//! The next token by its scores: the likeliest, or one drawn by chance from a fixed seed.

/// How many of the likeliest are drawn from.
const CANDIDATES: usize = 40;

/// Picks tokens; the same scores, temperature and seed give the same tokens.
#[derive(Clone)]
pub(super) struct Picker {
    temperature: f32,
    state: u64,
}

impl Picker {
    /// 0 is the likeliest always.
    pub(super) fn new(temperature: f32, seed: u64) -> Picker {
        let temperature = if temperature.is_finite() { temperature.max(0.0) } else { 0.0 };
        Picker { temperature, state: seed }
    }

    /// One of the tokens that are allowed; `None` where none is.
    pub(super) fn pick(&mut self, scores: &[f32], allowed: impl Fn(u32) -> bool) -> Option<u32> {
        let numbered = scores.iter().enumerate().filter(|(_, score)| score.is_finite());
        let numbered = numbered.filter_map(|(it, score)| Some((u32::try_from(it).ok()?, *score)));
        let open = numbered.filter(|(token, _)| allowed(*token));
        // Of equal ones the first, so that nothing depends on an order of computing.
        let above = |one: &(u32, f32), other: &(u32, f32)| {
            other.1.total_cmp(&one.1).then(one.0.cmp(&other.0))
        };
        if self.temperature < 1e-3 {
            return open.min_by(above).map(|(token, _)| token);
        }
        let mut best: Vec<(u32, f32)> = open.collect();
        if best.len() > CANDIDATES {
            best.select_nth_unstable_by(CANDIDATES, above);
            best.truncate(CANDIDATES);
        }
        best.sort_by(above);
        let top = best.first()?.1;
        let temperature = self.temperature;
        let weight = |score: f32| f64::from((score - top) / temperature).exp();
        let whole: f64 = best.iter().map(|(_, score)| weight(*score)).sum();
        let mut left = self.state_between_0_and_1() * whole;
        let drawn = best.iter().find(|(_, score)| {
            left -= weight(*score);
            left < 0.0
        });
        drawn.or(best.first()).map(|(token, _)| *token)
    }

    /// `SplitMix64` (Steele, Lea, Flood 2014).
    fn state_between_0_and_1(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_that_is_allowed_wins() {
        let mut picker = Picker::new(0.0, 1);
        let scores = [1.0, 5.0, 5.0, f32::NAN, 9.0];
        assert_eq!(picker.pick(&scores, |_| true), Some(4));
        assert_eq!(picker.pick(&scores, |it| it != 4), Some(1));
        assert_eq!(picker.pick(&scores, |_| false), None);
        assert_eq!(picker.pick(&[], |_| true), None);
    }

    #[test]
    fn chance_follows_its_seed_and_the_scores() {
        let scores: Vec<f32> = (0..100).map(|it| if it == 7 { 3.0 } else { 0.0 }).collect();
        let draw = |seed: u64| {
            let mut picker = Picker::new(1.0, seed);
            (0..500).filter_map(|_| picker.pick(&scores, |_| true)).collect::<Vec<u32>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        // e^3 of e^3 + 39.
        let share = draw(3).iter().filter(|it| **it == 7).count();
        assert!((120..220).contains(&share), "{share}");
    }
}
