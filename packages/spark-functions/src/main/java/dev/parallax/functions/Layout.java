package dev.parallax.functions;

import java.util.List;
import java.util.zip.CRC32;

/** The aggregates of every stream of a project, which packed runs are laid out by. */
final class Layout {
  /** Shared by the functions of the same spec. */
  static final SpecCache<Layout> ALL = new SpecCache<>(text -> new Layout(Spec.parse(text)));

  final AggregateSpec[] streams;

  /** A run of another layout is refused, not misread. */
  final int fingerprint;

  Layout(Spec spec) {
    List<Spec> declared = spec.objects("streams");
    streams = new AggregateSpec[declared.size()];
    CRC32 crc = new CRC32();
    for (int i = 0; i < streams.length; i++) {
      streams[i] = AggregateSpec.of(declared.get(i));
      for (int shift = 0; shift < 32; shift += 8) crc.update(streams[i].fingerprint >>> shift);
    }
    fingerprint = (int) crc.getValue();
  }
}
