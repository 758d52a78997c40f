fn main() {
    let t = std::time::Instant::now();
    let us = "US".parse().ok();
    let x = smrt_core::phone::parse("(312) 555-1234", us);
    println!("first {:?} {}", t.elapsed(), x.is_ok());
    let texts = [
        "(312) 555-1234",
        "312-555-1234",
        "+1 312 555 1234",
        "1.312.555.1234",
        "+44 20 7946 0958",
        "+49 30 123456",
        "3125551234",
        "312 555 1234",
        "+13125551234",
        "(312)555-1234",
    ];
    let t = std::time::Instant::now();
    let mut n = 0;
    for _ in 0..300000 {
        for x in texts {
            n += smrt_core::phone::parse(std::hint::black_box(x), us).is_ok() as u64;
        }
    }
    println!("{} ns {n}", t.elapsed().as_nanos() as f64 / 3e6);
}
