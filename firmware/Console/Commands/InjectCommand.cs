using System.Diagnostics;
using System.Globalization;
using Nvmepf.Firmware.Control;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>inject ...</c>: makes commands fail, wait, or the link drop: for people who write host drivers.</summary>
internal static class InjectCommand
{
    private const long DelayMaximumMilliseconds = 3_600_000;

    private static readonly (string Name, int Opcode)[] s_opcodes =
    [
        ("any", -1), ("flush", (int)NvmOpcode.Flush), ("write", (int)NvmOpcode.Write), ("read", (int)NvmOpcode.Read), ("compare", (int)NvmOpcode.Compare),
        ("write-zeroes", (int)NvmOpcode.WriteZeroes), ("dsm", (int)NvmOpcode.DatasetManagement), ("verify", (int)NvmOpcode.Verify),
    ];

    private static readonly (string Name, StatusCode Code)[] s_statuses =
    [
        ("write-fault", StatusCode.WriteFault), ("read-error", StatusCode.UnrecoveredReadError), ("internal", StatusCode.InternalError),
        ("namespace-not-ready", StatusCode.NamespaceNotReady), ("lba-out-of-range", StatusCode.LbaOutOfRange),
        ("data-transfer", StatusCode.DataTransferError), ("aborted", StatusCode.AbortRequested), ("access-denied", StatusCode.AccessDenied),
    ];

    /// <summary>Ends commands with an error.</summary>
    public static ConsoleCommand Error { get; } = new("inject error", "STATUS [KEY=VALUE...]", "end I/O commands with an error status", call => Add(call, Error!, hasStatus: true))
    {
        ArgumentsMax = 10,
        Complete = call => CompleteRule(call, hasStatus: true),
        Details = "STATUS: " + string.Join(", ", Array.ConvertAll(s_statuses, status => status.Name)) + ", or a hexadecimal SCT and SC: 281h.\n" + Keys,
    };

    /// <summary>Makes commands wait.</summary>
    public static ConsoleCommand Delay { get; } = new("inject delay", "MS [KEY=VALUE...]", "let I/O commands wait before they run", call => Add(call, Delay!, hasStatus: false))
    {
        ArgumentsMax = 10,
        Complete = call => CompleteRule(call, hasStatus: false),
        Details = "MS: milliseconds, up to an hour: longer than a host's patience is a command that is never answered.\n" + Keys,
    };

    /// <summary>Lists rules.</summary>
    public static ConsoleCommand List { get; } = new("inject list", "", "the rules there are, and how often they applied", RunList);

    /// <summary>Removes rules.</summary>
    public static ConsoleCommand Clear { get; } = new("inject clear", "[N]", "remove rule N, or all", RunClear)
    {
        ArgumentsMax = 1,
        Details = "With the last rule, commands that wait go on. The end of a controller removes its rules.",
    };

    /// <summary>Drops the link.</summary>
    public static ConsoleCommand Link { get; } = new("inject link-drop", "[SECONDS]", "link down now, up again after SECONDS (1)", RunLink)
    {
        ArgumentsMax = 1,
        Details = "The host sees what a surprise removal shows it: its commands are lost, and the registers are as after power on.\n"
            + "^C brings the link back before its time, and so does the end of the firmware, or of any function.",
    };

    private const string Keys = "Keys: ns=NSID, op=NAME or opcode, lba=FIRST[-LAST], count=N (any number without it), delay=MS, dnr=0|1.";

    private static void Add(CommandCall call, ConsoleCommand command, bool hasStatus)
    {
        if (call[0] is not string first)
        {
            call.FailUsage(command);
            return;
        }

        Draft draft = new();
        string? problem = hasStatus ? draft.TakeStatus(first) : draft.TakeDelay(first);
        for (int i = 1; i < call.Arguments.Count && problem is null; i++)
        {
            problem = draft.Take(call.Arguments[i]);
        }

        if (problem is not null)
        {
            call.Report.Fail(problem);
            return;
        }

        foreach (ConsoleFunction function in call.Functions)
        {
            if (function.Controller.Injection.Add(draft.Make) is null)
            {
                call.Report.Fail($"{function.Name} has {InjectionRules.RulesMax} rules already; inject clear N makes room");
                return;
            }
        }

        RunList(call);
    }

    private static void RunList(CommandCall call)
    {
        call.Report.BeginTable(
            "rules",
            new Column("function", -12),
            new Column("rule", 4),
            new Column("status", -6),
            new Column("delay_ms", 8),
            new Column("nsid", 5),
            new Column("opcode", -7),
            new Column("left", 6),
            new Column("applied", 7),
            new Column("lba", -14));
        foreach (ConsoleFunction function in call.Functions)
        {
            foreach (InjectionRule rule in function.Controller.Injection.List)
            {
                bool isEverywhere = rule is { FirstLba: 0, LastLba: ulong.MaxValue };
                call.Report.Row(
                    function.Name,
                    rule.Number,
                    rule.StatusCode == StatusCode.Success ? Cell.None : Cell.Hex((ushort)rule.StatusCode, 3),
                    rule.DelayNanoseconds / 1_000_000,
                    rule.NamespaceId == 0 ? "any" : rule.NamespaceId,
                    Array.Find(s_opcodes, opcode => opcode.Opcode == rule.Opcode).Name ?? $"{rule.Opcode:x2}h",
                    rule.Count == 0 ? Cell.None : rule.Count - rule.Applied,
                    rule.Applied,
                    isEverywhere ? "any" : $"{rule.FirstLba}-{rule.LastLba}");
            }
        }

        call.Report.EndTable();
    }

    private static void RunClear(CommandCall call)
    {
        int? number = null;
        if (call[0] is string text)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed))
            {
                call.Report.Fail($"{text}: not the number of a rule; inject list shows them");
                return;
            }

            number = parsed;
        }

        int removed = 0;
        foreach (ConsoleFunction function in call.Functions)
        {
            removed += function.Controller.Injection.Remove(number);
        }

        if (removed == 0 && number is not null)
        {
            call.Report.Fail($"{number}: no such rule; inject list shows them");
            return;
        }

        call.Report.Field("removed", removed);
    }

    private static void RunLink(CommandCall call)
    {
        if (call.TheFunction() is not { } function)
        {
            return;
        }

        double seconds = 1;
        if (call[0] is string text
            && (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) || seconds is < 0 or > 3600))
        {
            call.Report.Fail($"{text}: allowed: 0 to 3600 seconds");
            return;
        }

        LinkDropRequest request = new((long)(seconds * 1e9)) { TimeoutNanoseconds = (long)((seconds + 5) * 1e9) };
        long start = Stopwatch.GetTimestamp();
        ControlError error = function.Controller.Control.Post(request);
        if (error == ControlError.None)
        {
            error = WaitForLink(call, request);
        }

        if (error != ControlError.None)
        {
            call.Report.Fail($"link drop: {ControlErrorText.Describe(error)}");
            return;
        }

        call.Report.Field("link", "up");
        call.Report.Field("was_down_seconds", Cell.Of(Stopwatch.GetElapsedTime(start).TotalSeconds, 3));
    }

    /// <summary>Waits until the link is back, which it is sooner where ^C is typed, or where functions shall go: nothing ends while it is down.</summary>
    private static ControlError WaitForLink(CommandCall call, LinkDropRequest request)
    {
        const double LookSeconds = 0.01;
        const double EndSeconds = 10;
        while (!request.IsEnded && !call.IsEnding)
        {
            call.Wait(LookSeconds);
        }

        request.CutShort();
        long start = Stopwatch.GetTimestamp();
        while (!request.IsEnded && Stopwatch.GetElapsedTime(start).TotalSeconds < EndSeconds)
        {
            _ = Hal.Linux.Clock.Sleep((long)(LookSeconds * 1e9));
        }

        return request.IsEnded ? request.Error : ControlError.NotAnswered;
    }

    private static void CompleteRule(CompletionCall call, bool hasStatus)
    {
        if (call.Before.Count == 0)
        {
            if (hasStatus)
            {
                call.Candidates.AddRange(Array.ConvertAll(s_statuses, status => status.Name));
            }

            return;
        }

        call.Candidates.AddRange(["ns=", "op=", "lba=", "count=", "delay=", "dnr="]);
        if (call.Word.StartsWith("op=", StringComparison.Ordinal))
        {
            call.Candidates.AddRange(Array.ConvertAll(s_opcodes, opcode => "op=" + opcode.Name));
        }
    }

    /// <summary>A rule as it is typed, word by word; each step says what is wrong, or null.</summary>
    private sealed class Draft
    {
        private uint _namespaceId;
        private int _opcode = -1;
        private ulong _firstLba;
        private ulong _lastLba = ulong.MaxValue;
        private long _count;
        private long _delayNanoseconds;
        private StatusCode _status = StatusCode.Success;
        private bool _doNotRetry;

        public InjectionRule Make(int number) => new(_count)
        {
            Number = number,
            NamespaceId = _namespaceId,
            Opcode = _opcode,
            FirstLba = _firstLba,
            LastLba = _lastLba,
            DelayNanoseconds = _delayNanoseconds,
            StatusCode = _status,
            IsDoNotRetry = _doNotRetry,
        };

        public string? TakeStatus(string text)
        {
            (string Name, StatusCode Code) named = Array.Find(s_statuses, status => status.Name == text);
            if (named.Name is not null)
            {
                _status = named.Code;
                return null;
            }

            bool isNumber = ushort.TryParse(text.TrimEnd('h'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort raw) && raw is > 0 and <= 0x7FF;
            _status = (StatusCode)raw;
            return isNumber ? null : $"{text}: no status; allowed: {string.Join(", ", Array.ConvertAll(s_statuses, status => status.Name))}, 001h to 7ffh";
        }

        public string? TakeDelay(string text)
        {
            bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long milliseconds)
                && milliseconds <= DelayMaximumMilliseconds;
            _delayNanoseconds = milliseconds * 1_000_000;
            return isNumber ? null : $"{text}: allowed: 0 to {DelayMaximumMilliseconds} ms";
        }

        public string? Take(string word)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? "" : word[(equals + 1)..];
            return (equals < 0 ? "" : word[..equals]) switch
            {
                "ns" => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _namespaceId) ? null : $"{word}: allowed: an NSID",
                "op" => TakeOpcode(value),
                "lba" => TakeRange(value),
                "count" => long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _count) && _count > 0 ? null : $"{word}: allowed: 1 and more",
                "delay" => TakeDelay(value),
                "dnr" => TakeFlag(value),
                _ => $"{word}: unknown; {Keys}",
            };
        }

        private string? TakeOpcode(string value)
        {
            (string Name, int Opcode) named = Array.Find(s_opcodes, opcode => opcode.Name == value);
            if (named.Name is not null)
            {
                _opcode = named.Opcode;
                return null;
            }

            bool isNumber = byte.TryParse(value.TrimEnd('h'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte opcode);
            _opcode = opcode;
            return isNumber ? null : $"op={value}: allowed: {string.Join(", ", Array.ConvertAll(s_opcodes, known => known.Name))}, 00h to ffh";
        }

        private string? TakeRange(string value)
        {
            int dash = value.IndexOf('-', StringComparison.Ordinal);
            bool isRange = ulong.TryParse(dash < 0 ? value : value[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out _firstLba);
            _lastLba = _firstLba;
            isRange &= dash < 0 || ulong.TryParse(value[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _lastLba);
            return isRange && _lastLba >= _firstLba ? null : $"lba={value}: allowed: FIRST or FIRST-LAST, logical blocks, both included";
        }

        private string? TakeFlag(string value)
        {
            _doNotRetry = value == "1";
            return value is "0" or "1" ? null : $"dnr={value}: allowed: 0, 1";
        }
    }
}
