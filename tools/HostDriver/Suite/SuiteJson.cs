using System.Text.Json;
using Nvmepf.HostDriver.Cli;

namespace Nvmepf.HostDriver.Suite;

/// <summary>The suite as a file, and back. A figure that the machine did not give is null.</summary>
internal static class SuiteJson
{
    internal static void Write(Stream output, SuiteResult result)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("machine", result.Machine);
        Number(writer, "binaryBytes", result.BinaryBytes);
        Number(writer, "startMilliseconds", result.StartMilliseconds);
        Number(writer, "residentBytes", result.ResidentBytes);
        Number(writer, "idleCoreShare", result.IdleCoreShare);
        Number(writer, "firstAfterPauseNanoseconds", result.FirstAfterPauseNanoseconds);
        Number(writer, "firstAfterIdleNanoseconds", result.FirstAfterIdleNanoseconds);
        Number(writer, "trappedIdleCoreShare", result.TrappedIdleCoreShare);
        Number(writer, "trappedFirstAfterPauseNanoseconds", result.TrappedFirstAfterPauseNanoseconds);
        Number(writer, "trappedFirstAfterIdleNanoseconds", result.TrappedFirstAfterIdleNanoseconds);
        Number(writer, "messageAfterPauseNanoseconds", result.MessageAfterPauseNanoseconds);
        Number(writer, "messageAfterIdleNanoseconds", result.MessageAfterIdleNanoseconds);
        Number(writer, "cacheLineRoundTripNanoseconds", result.CacheLineRoundTripNanoseconds);
        Number(writer, "emptyTurnNanoseconds", result.EmptyTurnNanoseconds);
        writer.WriteStartArray("cases");
        foreach (CaseResult item in result.Cases)
        {
            WriteCase(writer, item);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("stages");
        foreach (StageSample item in result.Stages)
        {
            writer.WriteStartObject();
            writer.WriteString("name", item.Name);
            Number(writer, "commands", item.Commands);
            Number(writer, "fetchNanoseconds", item.FetchNanoseconds);
            Number(writer, "parseNanoseconds", item.ParseNanoseconds);
            Number(writer, "submitNanoseconds", item.SubmitNanoseconds);
            Number(writer, "backendNanoseconds", item.BackendNanoseconds);
            Number(writer, "postNanoseconds", item.PostNanoseconds);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("reactors");
        foreach (ReactorSample item in result.Reactors)
        {
            writer.WriteStartObject();
            writer.WriteString("name", item.Name);
            Number(writer, "oneNanoseconds", item.OneNanoseconds);
            Number(writer, "besideIdleNanoseconds", item.BesideIdleNanoseconds);
            Number(writer, "firstNanoseconds", item.FirstNanoseconds);
            Number(writer, "secondNanoseconds", item.SecondNanoseconds);
            Number(writer, "scale", item.Scale);
            Number(writer, "machineScale", item.MachineScale);
            Number(writer, "oneCommandsPerSecond", item.OneCommandsPerSecond);
            Number(writer, "twoCommandsPerSecond", item.TwoCommandsPerSecond);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("looking");
        foreach (LookingSample item in result.Looking)
        {
            writer.WriteStartObject();
            writer.WriteString("name", item.Name);
            writer.WriteString("mode", item.Mode);
            Number(writer, "commandsPerSecond", item.CommandsPerSecond);
            Number(writer, "busyNanoseconds", item.BusyNanoseconds);
            Number(writer, "rateRatio", item.RateRatio);
            Number(writer, "busyRatio", item.BusyRatio);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Reads a file that <see cref="Write"/> wrote. Throws <see cref="UsageException"/> for any other.</summary>
    internal static SuiteResult Read(string path)
    {
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{(path.Length == 0 ? "a result without a name" : path)} cannot be read: {problem.Message}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            var stages = new List<StageSample>();
            foreach (JsonElement item in root.GetProperty("stages").EnumerateArray())
            {
                stages.Add(ReadStages(item));
            }

            var reactors = new List<ReactorSample>();
            foreach (JsonElement item in root.TryGetProperty("reactors", out JsonElement list) ? list.EnumerateArray() : default)
            {
                reactors.Add(ReadReactors(item));
            }

            var looking = new List<LookingSample>();
            foreach (JsonElement item in root.TryGetProperty("looking", out JsonElement rows) ? rows.EnumerateArray() : default)
            {
                looking.Add(ReadLooking(item));
            }

            var cases = new List<CaseResult>();
            foreach (JsonElement item in root.GetProperty("cases").EnumerateArray())
            {
                cases.Add(ReadCase(item));
            }

            return new SuiteResult
            {
                Machine = root.GetProperty("machine").GetString() ?? "",
                BinaryBytes = Number(root, "binaryBytes"),
                StartMilliseconds = Number(root, "startMilliseconds"),
                ResidentBytes = Number(root, "residentBytes"),
                IdleCoreShare = Number(root, "idleCoreShare"),
                FirstAfterPauseNanoseconds = Number(root, "firstAfterPauseNanoseconds"),
                FirstAfterIdleNanoseconds = Number(root, "firstAfterIdleNanoseconds"),
                TrappedIdleCoreShare = Number(root, "trappedIdleCoreShare"),
                TrappedFirstAfterPauseNanoseconds = Number(root, "trappedFirstAfterPauseNanoseconds"),
                TrappedFirstAfterIdleNanoseconds = Number(root, "trappedFirstAfterIdleNanoseconds"),
                MessageAfterPauseNanoseconds = Number(root, "messageAfterPauseNanoseconds"),
                MessageAfterIdleNanoseconds = Number(root, "messageAfterIdleNanoseconds"),
                CacheLineRoundTripNanoseconds = Number(root, "cacheLineRoundTripNanoseconds"),
                EmptyTurnNanoseconds = Number(root, "emptyTurnNanoseconds"),
                Cases = cases,
                Stages = stages,
                Reactors = reactors,
                Looking = looking,
            };
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UsageException($"{path} is not a result of the suite (written by --json): {wrong.Message}");
        }
    }

    private static void WriteCase(Utf8JsonWriter writer, CaseResult item)
    {
        writer.WriteStartObject();
        writer.WriteString("name", item.Name);
        Number(writer, "commandsPerSecond", item.CommandsPerSecond);
        Number(writer, "commandsPerSecondMinimum", item.CommandsPerSecondMinimum);
        Number(writer, "commandsPerSecondMaximum", item.CommandsPerSecondMaximum);
        Number(writer, "megabytesPerSecond", item.MegabytesPerSecond);
        Number(writer, "p50Nanoseconds", item.P50Nanoseconds);
        Number(writer, "p99Nanoseconds", item.P99Nanoseconds);
        Number(writer, "p999Nanoseconds", item.P999Nanoseconds);
        Number(writer, "maximumNanoseconds", item.MaximumNanoseconds);
        writer.WriteString("limit", item.Limit.ToString());
        Number(writer, "limitCommandsPerSecond", item.LimitCommandsPerSecond);
        Number(writer, "fioOperationsPerSecond", item.FioOperationsPerSecond);
        Number(writer, "cyclesPerCommand", item.CyclesPerCommand);
        Number(writer, "instructionsPerCommand", item.InstructionsPerCommand);
        Number(writer, "systemCallsPerCommand", item.SystemCallsPerCommand);
        Number(writer, "ringEntersPerCommand", item.RingEntersPerCommand);
        Number(writer, "commandsPerProductiveTurn", item.CommandsPerProductiveTurn);
        Number(writer, "busyNanosecondsPerCommand", item.BusyNanosecondsPerCommand);
        Number(writer, "allocatedBytes", item.AllocatedBytes);
        writer.WriteEndObject();
    }

    private static CaseResult ReadCase(JsonElement item) => new()
    {
        Name = item.GetProperty("name").GetString() ?? "",
        CommandsPerSecond = Number(item, "commandsPerSecond"),
        CommandsPerSecondMinimum = Number(item, "commandsPerSecondMinimum"),
        CommandsPerSecondMaximum = Number(item, "commandsPerSecondMaximum"),
        MegabytesPerSecond = Number(item, "megabytesPerSecond"),
        P50Nanoseconds = Number(item, "p50Nanoseconds"),
        P99Nanoseconds = Number(item, "p99Nanoseconds"),
        P999Nanoseconds = Number(item, "p999Nanoseconds"),
        MaximumNanoseconds = Number(item, "maximumNanoseconds"),
        Limit = Enum.TryParse(item.GetProperty("limit").GetString(), out SuiteLimit limit) ? limit : SuiteLimit.None,
        LimitCommandsPerSecond = Number(item, "limitCommandsPerSecond"),
        FioOperationsPerSecond = Number(item, "fioOperationsPerSecond"),
        CyclesPerCommand = Number(item, "cyclesPerCommand"),
        InstructionsPerCommand = Number(item, "instructionsPerCommand"),
        SystemCallsPerCommand = Number(item, "systemCallsPerCommand"),
        RingEntersPerCommand = Number(item, "ringEntersPerCommand"),
        CommandsPerProductiveTurn = Number(item, "commandsPerProductiveTurn"),
        BusyNanosecondsPerCommand = Number(item, "busyNanosecondsPerCommand"),
        AllocatedBytes = Number(item, "allocatedBytes"),
    };

    private static StageSample ReadStages(JsonElement item) => new(
        item.GetProperty("name").GetString() ?? "",
        Number(item, "commands"),
        Number(item, "fetchNanoseconds"),
        Number(item, "parseNanoseconds"),
        Number(item, "submitNanoseconds"),
        Number(item, "backendNanoseconds"),
        Number(item, "postNanoseconds"));

    private static ReactorSample ReadReactors(JsonElement item) => new(
        item.GetProperty("name").GetString() ?? "",
        Number(item, "oneNanoseconds"),
        Number(item, "besideIdleNanoseconds"),
        Number(item, "firstNanoseconds"),
        Number(item, "secondNanoseconds"),
        Number(item, "scale"),
        Number(item, "machineScale"),
        Number(item, "oneCommandsPerSecond"),
        Number(item, "twoCommandsPerSecond"));

    private static LookingSample ReadLooking(JsonElement item) => new(
        item.GetProperty("name").GetString() ?? "",
        item.GetProperty("mode").GetString() ?? "",
        Number(item, "commandsPerSecond"),
        Number(item, "busyNanoseconds"),
        Number(item, "rateRatio"),
        Number(item, "busyRatio"));

    private static void Number(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static double Number(JsonElement element, string name)
    {
        // A figure that an older run did not have is one that was not measured.
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value.GetDouble() : double.NaN;
    }
}
