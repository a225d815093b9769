package dev.parallax.functions;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF2;

/**
 * {@code prlx_answer(body STRING, spec STRING)}: the rows of a bulk answer, {@code ARRAY<STRUCT<key STRING, vals
 * ARRAY<BIGINT>>>}; null if the body counts as no answer (contract, sections 7 and 10): not one strict JSON object, no array
 * of objects at {@code rows}, a bad key, a key twice, a field that is neither number nor null or is out of range.
 */
public final class Answer implements UDF2<String, String, Row[]> {
  private static final long serialVersionUID = 1L;
  private static final SpecCache<AnswerSpec> SPECS = new SpecCache<>(AnswerSpec::new);

  @Override
  public Row[] call(String body, String specText) {
    AnswerSpec spec = SPECS.get(specText);
    if (body == null) return null;
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    JsonReader outer = new JsonReader(bytes, spec.outer, false);
    if (!outer.document() || outer.kind[spec.rowsSlot] != JsonReader.ARRAY) return null;
    JsonReader inner = new JsonReader(bytes, spec.row, false);
    List<Row> rows = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    int p = outer.firstElement(spec.rowsSlot);
    while (bytes[p] != ']') {
      p = inner.element(p);
      Row row = row(inner, spec);
      if (row == null || !keys.add(row.getString(0))) return null;
      rows.add(row);
      p = inner.nextElement(p);
    }
    return rows.toArray(new Row[0]);
  }

  private static Row row(JsonReader reader, AnswerSpec spec) {
    if (reader.kind[spec.row.slot] != JsonReader.OBJECT) return null;
    String key = spec.key.read(reader, spec.keySlot);
    if (key == null) return null;
    Long[] vals = new Long[spec.slots.length];
    for (int i = 0; i < vals.length; i++) {
      int slot = spec.slots[i];
      byte kind = reader.kind[slot];
      if (kind == JsonReader.ABSENT || kind == JsonReader.NULL) continue;
      if (kind < JsonReader.NUMBER) return null;
      long value = Numbers.scaled(reader, slot, spec.places[i]);
      if (value == Numbers.OUT_OF_RANGE) return null;
      vals[i] = value;
    }
    return RowFactory.create(key, vals);
  }

  private static final class AnswerSpec {
    final FieldTrie outer;
    final int rowsSlot;
    final FieldTrie row;
    final KeyField key;
    final int keySlot;
    final int[] slots;
    final int[] places;

    AnswerSpec(String text) {
      Spec spec = Spec.parse(text);
      outer = FieldTrie.of(List.of(spec.path("rows")));
      rowsSlot = outer.slotOf(spec.path("rows"));
      key = KeyField.of(spec.object("key"));
      List<Spec> fields = spec.objects("fields");
      List<List<String>> paths = new ArrayList<>();
      paths.add(key.path());
      for (Spec field : fields) paths.add(field.path("path"));
      row = FieldTrie.of(paths);
      keySlot = row.slotOf(key.path());
      slots = new int[fields.size()];
      places = new int[fields.size()];
      for (int i = 0; i < slots.length; i++) {
        slots[i] = row.slotOf(fields.get(i).path("path"));
        places[i] = fields.get(i).integer("places", 0, Limits.PLACES_MAX);
      }
    }
  }
}
