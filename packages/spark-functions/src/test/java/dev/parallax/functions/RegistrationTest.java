package dev.parallax.functions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: Spark can register each function by its class name, and the README lists each. */
class RegistrationTest {
  private static final List<Class<?>> FUNCTIONS =
      List.of(EventParser.class, Event.class, Records.class, Claim.class, IdHashes.class, Known.class, Contested.class, Payload.class, Counts.class, Kept.class, Pane.class, Merge.class, Values.class, Div.class, DecimalText.class, IntKey.class, Answer.class, Asked.class, Answers.class, TopicEvents.class, Panes.class, Turn.class, Windows.class, AmendedWindows.class, Rows.class, MemberRows.class, KeyUnion.class, KeyList.class, RecordingLine.class, RecordingCall.class, ListFiles.class, RowGroups.class, Reduce.class, MissingRow.class, BatchJoin.class, RowsBeside.class, BatchUnion.class, BatchRows.class);

  /** `UDFRegistration.registerJava` wants exactly one UDF interface, on the class itself, and a constructor without arguments. */
  @Test
  void sparkFindsOneUdfInterface() throws ReflectiveOperationException {
    for (Class<?> function : FUNCTIONS) {
      long interfaces = Arrays.stream(function.getGenericInterfaces()).filter(i -> i instanceof ParameterizedType p && p.getRawType().getTypeName().startsWith("org.apache.spark.sql.api.java.UDF")).count();
      assertEquals(1, interfaces, function.getName());
      assertTrue(Modifier.isPublic(function.getModifiers()));
      assertTrue(Modifier.isPublic(function.getConstructor().getModifiers()));
    }
  }

  @Test
  void functionsTravelToExecutors() throws IOException, ReflectiveOperationException {
    for (Class<?> function : FUNCTIONS) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(function.getConstructor().newInstance());
      }
      assertTrue(bytes.size() < 500, function.getName());
    }
  }

  @Test
  void theReadmeNamesEachFunction() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    for (Class<?> function : FUNCTIONS) assertTrue(readme.contains("| `" + function.getSimpleName() + "` "), function.getSimpleName());
  }
}
