using System.Text.Json;
using Nvmepf.SocModel;

namespace Nvmepf.BoardBench;

/// <summary>The predictions as a file: every counter, so that other ratios can be formed.</summary>
internal static class BenchJson
{
    internal static void Write(Stream output, IReadOnlyList<BenchRow> rows, BenchParameters parameters)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteStartObject("parameters");
        foreach (CostParameter parameter in (CostParameter[])[.. parameters.Costs.Parameters(), .. parameters.Parameters()])
        {
            writer.WriteNumber(parameter.Name, parameter.Value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("rows");
        foreach (BenchRow row in rows)
        {
            writer.WriteStartObject();
            writer.WriteString("workload", row.Firmware.Workload.Name);
            writer.WriteString("published", PublishedFigures.Of(row.Firmware.Workload));
            WriteResult(writer, "firmware", row.Firmware);
            WriteResult(writer, "reference", row.Reference);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter writer, string name, BenchResult result)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("commandsPerSecond", result.CommandsPerSecond);
        writer.WriteNumber("gigabytesPerSecond", result.GigabytesPerSecond);
        writer.WriteNumber("averageMicroseconds", result.LatencyMicroseconds);
        writer.WriteNumber("listRunsPerCommand", result.ListRunsPerCommand);
        writer.WriteString("limitedBy", BenchText.Name(result.Bottleneck));
        writer.WriteStartObject("counted");
        foreach (Figure figure in Enum.GetValues<Figure>())
        {
            writer.WriteNumber(figure.ToString(), result.Figures[figure]);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
