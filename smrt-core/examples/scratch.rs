#[path = "../tests/phone/mixed.rs"]
mod mixed;
#[path = "../tests/phone/random.rs"]
mod random;
fn main() {
    let rows = mixed::rows(200000, 1);
    for (name, f) in [
        (
            "nanp plain",
            (|r: &mixed::Row| r.home.as_str() == "US" && !r.text.contains('x'))
                as fn(&mixed::Row) -> bool,
        ),
        ("nanp ext", |r| {
            r.home.as_str() == "US" && r.text.contains('x')
        }),
        ("world", |r| r.home.as_str() != "US"),
        ("all", |_| true),
    ] {
        let rows: Vec<_> = rows.iter().filter(|r| f(r)).collect();
        let mut best = u128::MAX;
        for _ in 0..9 {
            let t = std::time::Instant::now();
            let mut n = 0;
            for r in &rows {
                n += smrt_core::phone::parse(std::hint::black_box(&r.text), Some(r.home)).is_ok()
                    as usize;
            }
            std::hint::black_box(n);
            best = best.min(t.elapsed().as_nanos());
        }
        println!(
            "{name} {} rows {:.1} ns",
            rows.len(),
            best as f64 / rows.len() as f64
        );
    }
}
