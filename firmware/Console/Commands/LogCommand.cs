using System.Globalization;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>log</c>: the last lines of the endpoint log.</summary>
internal static class LogCommand
{
    private const int DefaultLines = 20;

    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("log", "[N]", "the last N lines of the log (20)", Run) { ArgumentsMax = 1 };

    private static void Run(CommandCall call)
    {
        int count = DefaultLines;
        if (call[0] is string text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count < 1))
        {
            call.Report.Fail($"{text}: not a number of lines; allowed: 1 to {Diagnostics.LogHistory.LinesMax}");
            return;
        }

        List<(long TimeNanoseconds, string Text)> lines = call.Targets.Log.History.Last(count);
        call.Report.BeginTable("lines", new Column("seconds", 12), new Column("text", -66));
        foreach ((long time, string line) in lines)
        {
            if (call.Report.IsUnread)
            {
                break;
            }

            call.Report.Row(Cell.Of(time / 1e9, 6), line);
        }

        call.Report.EndTable();
    }
}
