namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>help</c>: the list of commands, or one of them in full; made from the table.</summary>
internal static class HelpCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("help", "[COMMAND]", "list the commands, or explain one or a group", Run)
    {
        ArgumentsMax = 2,
        Complete = Complete,
    };

    private static void Run(CommandCall call)
    {
        if (call.Arguments.Count == 0)
        {
            List(call.Report, ConsoleCommandTable.Rows);
            return;
        }

        ConsoleCommand? command = CommandRunner.Find(call.Arguments, out int nameWords);
        ConsoleCommand[] group = call.Arguments.Count == 1 ? CommandRunner.Group(call[0]!) : [];
        if (command is not null && nameWords == call.Arguments.Count)
        {
            Explain(call.Report, command);
        }
        else if (group.Length == 0)
        {
            call.Report.Fail($"{string.Join(' ', call.Arguments)}: no such command; help lists them");
        }

        if (group.Length > 0)
        {
            List(call.Report, group);
        }
    }

    private static void Explain(Report report, ConsoleCommand command)
    {
        report.Field("usage", command.Usage);
        report.Field("does", command.Summary);
        if (command.Details.Length > 0)
        {
            report.Note("");
            report.Note(command.Details);
        }
    }

    private static void List(Report report, ReadOnlySpan<ConsoleCommand> rows)
    {
        report.BeginTable("commands", new Column("command", -34), new Column("does", -40));
        foreach (ConsoleCommand row in rows)
        {
            report.Row(row.Usage, row.Summary);
        }

        report.EndTable();
        report.Note("");
        report.Note("Every command takes --json, and --function NAME where several functions are served. Tab completes, ^C stops a long answer.");
    }

    private static void Complete(CompletionCall call)
    {
        foreach (ConsoleCommand row in ConsoleCommandTable.Rows)
        {
            string[] name = row.Name.Split(' ');
            if (call.Before.Count == 0)
            {
                call.Candidates.Add(name[0]);
            }
            else if (call.Before.Count == 1 && name.Length > 1 && name[0] == call.Before[0])
            {
                call.Candidates.Add(name[1]);
            }
        }
    }
}
