package dev.parallax.functions;

import java.util.ArrayList;
import java.util.List;

/** What {@link EventParser} must find in a stream's messages. */
final class EventSpec {
  enum TimeFormat {
    RFC3339,
    EPOCH_MS,
    EPOCH_US
  }

  static final int FROM_TRANSPORT = -1;

  final FieldTrie trie;
  final KeyField key;
  final int keySlot;
  final TimeFormat timeFormat;
  final int timeSlot;

  /** {@link #FROM_TRANSPORT} if the id comes beside the payload. */
  final int idSlot;

  /** By variable, in declared order. */
  final int[] slots;

  final int[] places;

  private EventSpec(Spec spec) {
    key = KeyField.of(spec.object("key"));
    Spec time = spec.object("time");
    timeFormat =
        switch (time.text("format")) {
          case "rfc3339" -> TimeFormat.RFC3339;
          case "epoch_ms" -> TimeFormat.EPOCH_MS;
          case "epoch_us" -> TimeFormat.EPOCH_US;
          default -> throw time.wrong("format", "rfc3339, epoch_ms or epoch_us");
        };
    List<String> idPath = spec.isNull("id") ? null : spec.object("id").path("path");
    List<Spec> variables = spec.objects("variables");
    List<List<String>> paths = new ArrayList<>();
    paths.add(key.path());
    paths.add(time.path("path"));
    if (idPath != null) paths.add(idPath);
    for (Spec variable : variables) paths.add(variable.path("path"));
    trie = FieldTrie.of(paths);
    keySlot = trie.slotOf(key.path());
    timeSlot = trie.slotOf(time.path("path"));
    idSlot = idPath == null ? FROM_TRANSPORT : trie.slotOf(idPath);
    slots = new int[variables.size()];
    places = new int[variables.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = trie.slotOf(variables.get(i).path("path"));
      places[i] = variables.get(i).integer("places", 0, Limits.PLACES_MAX);
    }
  }

  static EventSpec parse(String text) {
    return new EventSpec(Spec.parse(text));
  }
}
