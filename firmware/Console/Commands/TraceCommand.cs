using System.Globalization;
using Nvmepf.Firmware.Diagnostics;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>trace on</c>, <c>trace off</c>, <c>trace dump</c>: what the reactors did lately, entry by entry.</summary>
internal static class TraceCommand
{
    private const int DefaultEntries = 100;

    /// <summary>Switches kinds on.</summary>
    public static ConsoleCommand On { get; } = new("trace on", "[KIND...]", "record what reactors do (all kinds)", call => Switch(call, true))
    {
        ArgumentsMax = 64,
        Complete = CompleteKinds,
        Details = "Each reactor keeps its last 8192 entries in memory; recording costs some nanoseconds an entry, not recording nothing.",
    };

    /// <summary>Switches kinds off.</summary>
    public static ConsoleCommand Off { get; } = new("trace off", "[KIND...]", "record nothing any more (all kinds)", call => Switch(call, false))
    {
        ArgumentsMax = 64,
        Complete = CompleteKinds,
    };

    /// <summary>Shows entries.</summary>
    public static ConsoleCommand Dump { get; } = new("trace dump", "[N] [--filter TEXT]", "the last N entries (100), and counts", RunDump)
    {
        ArgumentsMax = 3,
        Complete = static call =>
        {
            call.Candidates.Add("--filter");
            if (call.Before.Count > 0 && call.Before[^1] == "--filter")
            {
                CompleteKinds(call);
                call.Candidates.AddRange(["queue=", "cid="]);
            }
        },
        Details = "--filter takes a kind, queue=N or cid=N. Times are since the entry before, of the same reactor.",
    };

    /// <summary>The name of a kind as it is typed: words with hyphens.</summary>
    public static string NameOf(TraceKind kind)
    {
        System.Text.StringBuilder name = new();
        foreach (char character in kind.ToString())
        {
            if (char.IsAsciiLetterUpper(character) && name.Length > 0)
            {
                _ = name.Append('-');
            }

            _ = name.Append(char.ToLowerInvariant(character));
        }

        return name.ToString();
    }

    private static void CompleteKinds(CompletionCall call)
    {
        foreach (TraceKind kind in Enum.GetValues<TraceKind>())
        {
            if (kind != TraceKind.None)
            {
                call.Candidates.Add(NameOf(kind));
            }
        }
    }

    private static bool TryKind(string name, out TraceKind kind)
    {
        kind = TraceKind.None;
        foreach (TraceKind candidate in Enum.GetValues<TraceKind>())
        {
            kind = NameOf(candidate) == name ? candidate : kind;
        }

        return kind != TraceKind.None;
    }

    private static void Switch(CommandCall call, bool isOn)
    {
        ulong mask = call.Arguments.Count == 0 ? TraceRing.AllKinds : 0;
        foreach (string name in call.Arguments)
        {
            if (!TryKind(name, out TraceKind kind))
            {
                CompletionCall all = new(call.Targets, [], "", []);
                CompleteKinds(all);
                call.Report.Fail($"{name}: no such kind; allowed: {string.Join(", ", all.Candidates)}");
                return;
            }

            mask |= 1ul << (int)kind;
        }

        foreach (ConsoleFunction function in call.Functions)
        {
            foreach (TraceRing ring in function.Traces)
            {
                ring.Mask = isOn ? ring.Mask | mask : ring.Mask & ~mask;
            }
        }

        ShowKinds(call);
    }

    private static void ShowKinds(CommandCall call)
    {
        call.Report.BeginTable("kinds", new Column("kind", -20), new Column("on", -4), new Column("recorded", 12));
        foreach (TraceKind kind in Enum.GetValues<TraceKind>())
        {
            if (kind == TraceKind.None)
            {
                continue;
            }

            ulong count = 0;
            bool isOn = false;
            foreach (ConsoleFunction function in call.Functions)
            {
                foreach (TraceRing ring in function.Traces)
                {
                    count += ring.Count(kind);
                    isOn |= ring.IsOn(kind);
                }
            }

            call.Report.Row(NameOf(kind), isOn, count);
        }

        call.Report.EndTable();
    }

    private static void RunDump(CommandCall call)
    {
        if (!Filter.TryParse(call, out Filter filter))
        {
            return;
        }

        ShowKinds(call);
        call.Report.BeginItems("reactors");
        foreach (ConsoleFunction function in call.Functions)
        {
            for (int i = 0; i < function.Traces.Count; i++)
            {
                call.Report.BeginItem($"{function.Name}, reactor {i}:");
                call.Report.Field("function", function.Name, "");
                call.Report.Field("reactor", i, "");
                ShowEntries(call.Report, function.Traces[i], filter);
                call.Report.EndItem();
            }
        }

        call.Report.EndItems();
    }

    private static void ShowEntries(Report report, TraceRing ring, Filter filter)
    {
        List<TraceEntry> entries = [];
        ulong newest = ring.Written;
        ulong oldest = newest > TraceRing.CapacityEntries ? newest - TraceRing.CapacityEntries + 1 : 1;
        for (ulong number = newest; number >= oldest && number > 0 && entries.Count < filter.Entries; number--)
        {
            if (ring.TryRead(number, out TraceEntry entry) && filter.Admits(entry))
            {
                entries.Add(entry);
            }
        }

        entries.Reverse();
        report.BeginTable(
            "entries",
            new Column("number", 10),
            new Column("seconds", 16),
            new Column("us", 12),
            new Column("kind", -16),
            new Column("queue", 5),
            new Column("cid", 5),
            new Column("argument", -8));
        long last = entries.Count > 0 ? entries[0].TimeNanoseconds : 0;
        foreach (TraceEntry entry in entries)
        {
            if (report.IsUnread)
            {
                break;
            }

            report.Row(
                entry.Number,
                Cell.Of(entry.TimeNanoseconds / 1e9, 9),
                Cell.Of((entry.TimeNanoseconds - last) / 1e3, 3),
                NameOf(entry.Kind),
                entry.QueueId,
                entry.CommandId,
                Cell.Hex(entry.Argument, 1));
            last = entry.TimeNanoseconds;
        }

        report.EndTable();
    }

    private readonly record struct Filter(int Entries, TraceKind Kind, int QueueId, int CommandId)
    {
        public static bool TryParse(CommandCall call, out Filter filter)
        {
            filter = new Filter(DefaultEntries, TraceKind.None, -1, -1);
            for (int i = 0; i < call.Arguments.Count; i++)
            {
                string word = call.Arguments[i];
                if (word == "--filter" && call[i + 1] is string text)
                {
                    i++;
                    if (!filter.TryTake(text, out filter))
                    {
                        call.Report.Fail($"--filter {text}: allowed: a kind (trace off lists them), queue=N, cid=N");
                        return false;
                    }
                }
                else if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int entries) && entries > 0)
                {
                    filter = filter with { Entries = entries };
                }
                else
                {
                    call.FailUsage(Dump);
                    return false;
                }
            }

            return true;
        }

        public bool Admits(in TraceEntry entry) =>
            (Kind == TraceKind.None || entry.Kind == Kind)
            && (QueueId < 0 || entry.QueueId == QueueId)
            && (CommandId < 0 || entry.CommandId == CommandId);

        private bool TryTake(string text, out Filter filter)
        {
            filter = this;
            if (TryKind(text, out TraceKind kind))
            {
                filter = this with { Kind = kind };
                return true;
            }

            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || !ushort.TryParse(text[(equals + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out ushort number))
            {
                return false;
            }

            filter = text[..equals] switch
            {
                "queue" => this with { QueueId = number },
                "cid" => this with { CommandId = number },
                _ => this,
            };
            return text.StartsWith("queue=", StringComparison.Ordinal) || text.StartsWith("cid=", StringComparison.Ordinal);
        }
    }
}
