package dev.parallax.functions;

/**
 * Where a customer's batch row lies: in the bucket that its window lies in, there in one of many pages, by the rest of the hash. A lane is
 * some neighbouring pages that are merged together.
 */
record Placement(int buckets, int pages, int lanes) {
  static Placement of(Spec spec) {
    int buckets = spec.integer("buckets", 1, Limits.BUCKETS_MAX);
    int pages = spec.integer("pages", 1, Limits.BATCH_PAGES_MAX);
    return new Placement(buckets, pages, spec.integer("lanes", 1, pages));
  }

  /** Ascends with the bucket. */
  int page(long hash) {
    int bucket = (int) Long.remainderUnsigned(hash, buckets);
    return bucket * pages + (int) Long.remainderUnsigned(Long.divideUnsigned(hash, buckets), pages);
  }

  int bucket(int page) {
    return page / pages;
  }

  int lane(int page) {
    int bucket = page / pages;
    return bucket * lanes + (int) ((long) (page - bucket * pages) * lanes / pages);
  }
}
