//! What a rounding is, and how figures are rounded.

use fixtures::Dtype;

/// Half the distance from 1 to the next number.
#[must_use]
pub fn unit_roundoff(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::Float64 => 2_f64.powi(-53),
        Dtype::Float32 => 2_f64.powi(-24),
    }
}

/// The distance to the next number of the dtype, at the binade of `x`.
#[must_use]
pub fn unit_in_last_place(x: f64, dtype: Dtype) -> f64 {
    let (digits, smallest) = match dtype {
        Dtype::Float64 => (52, -1022),
        Dtype::Float32 => (23, -126),
    };
    if !x.is_finite() {
        return f64::NAN;
    }
    // The exponent of a normal float64; what is smaller has that of the smallest.
    let exponent = ((x.abs().to_bits() >> 52) as i32 - 1023).max(smallest);
    // In two factors, since `powi` divides by the inverse, which may be too large.
    2.0_f64.powi(exponent) * 2.0_f64.powi(-digits)
}

/// To two significant digits: what a person reads, and a file that does not move.
#[must_use]
pub fn rounded(x: f64, direction: fn(f64) -> f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    let unit = x.log10().floor() as i32 - 1;
    let digits = direction(x / 10_f64.powi(unit));
    format!("{digits}e{unit}").parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_in_the_last_place_is_the_distance_to_the_next_number() {
        for x in [1.0_f64, 1.5, -3.0, 1e-300, 6e200, 0.0, 5e-324] {
            let distance = x.abs().next_up() - x.abs();
            assert_eq!(unit_in_last_place(x, Dtype::Float64), distance, "{x}");
        }
        for x in [1.0_f32, 1.5, -3.0, 1e-30, 6e20, 0.0, 1e-45] {
            let distance = f64::from(x.abs().next_up()) - f64::from(x.abs());
            assert_eq!(unit_in_last_place(f64::from(x), Dtype::Float32), distance, "{x}");
        }
        assert!(unit_in_last_place(f64::INFINITY, Dtype::Float64).is_nan());
    }
}
