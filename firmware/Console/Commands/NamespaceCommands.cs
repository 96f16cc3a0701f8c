using System.Linq;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Startup;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>ns ...</c>: namespaces come, go, and change their sizes while hosts are served; each change is an event for the host.</summary>
internal static class NamespaceCommands
{
    private const string Lasting = "It lasts until the firmware ends: the configuration that it started with stays as it is.";
    private const int SettingsMax = 8;

    /// <summary>Lists namespaces.</summary>
    public static ConsoleCommand List { get; } = new("ns list", "", "namespaces: size, storage, whether hosts see them", RunList);

    /// <summary>Adds one.</summary>
    public static ConsoleCommand Add { get; } = new("ns add", "NSID SPEC [KEY=VALUE...]", "open a namespace and show it to the host", RunAdd)
    {
        ArgumentsMax = 2 + SettingsMax,
        Complete = CompleteAdd,
        Details = $"SPEC: {NamespaceSource.Form}.\nKeys: the namespace's other attributes, as ls shows them.\n{Lasting}",
    };

    /// <summary>Removes one.</summary>
    public static ConsoleCommand Remove { get; } = new("ns remove", "NSID", "take a namespace away and close its storage", call =>
        Change(call, Remove!, (editor, nqn, nsid) => editor.Remove(nqn, nsid)))
    {
        ArgumentsMax = 1,
        Complete = CompleteId,
        Details = "Commands in flight end first; after a second they are cancelled. Data stay where they are stored.\n" + Lasting,
    };

    /// <summary>Shows one.</summary>
    public static ConsoleCommand Enable { get; } = new("ns enable", "NSID", "show a namespace to the host", call =>
        Change(call, Enable!, (editor, nqn, nsid) => editor.SetEnabled(nqn, nsid, true)))
    {
        ArgumentsMax = 1,
        Complete = CompleteId,
        Details = Lasting,
    };

    /// <summary>Hides one.</summary>
    public static ConsoleCommand Disable { get; } = new("ns disable", "NSID", "hide a namespace from the host, its storage stays open", call =>
        Change(call, Disable!, (editor, nqn, nsid) => editor.SetEnabled(nqn, nsid, false)))
    {
        ArgumentsMax = 1,
        Complete = CompleteId,
        Details = Lasting,
    };

    /// <summary>Changes its size.</summary>
    public static ConsoleCommand Resize { get; } = new("ns resize", "NSID [SIZE]", "give a namespace another size, or its storage's", call =>
        Change(call, Resize!, (editor, nqn, nsid) => editor.Resize(nqn, nsid, call[1])))
    {
        ArgumentsMax = 2,
        Complete = CompleteId,
        Details = $"SIZE: {ValueText.SizeForm}. A file becomes larger where it has to, never smaller; ram cannot be\nlarger than it was at first.\n{Lasting}",
    };

    /// <summary>The subsystem that the command is about; fails where several could be meant.</summary>
    internal static string? TheSubsystem(CommandCall call)
    {
        List<string> nqns = [.. call.Functions.Select(function => function.Controller.Settings.SubsystemNqn).Distinct()];
        return nqns.Count == 1 ? nqns[0] : call.TheFunction()?.Controller.Settings.SubsystemNqn;
    }

    private static void RunList(CommandCall call)
    {
        if (call.Targets.Editor is { IsServing: true } editor)
        {
            lock (editor.Gate)
            {
                ShowAll(call, editor, call.Functions.Select(function => function.Controller.Settings.SubsystemNqn).Distinct());
            }
        }
        else
        {
            _ = call.TheFunction(); // says that there is none
        }
    }

    private static void ShowAll(CommandCall call, NamespaceEditor editor, IEnumerable<string> nqns)
    {
        call.Report.BeginItems("subsystems");
        foreach (string nqn in nqns)
        {
            call.Report.BeginItem($"subsystem {nqn}:");
            call.Report.Field("nqn", nqn, "");
            Show(call.Report, editor, editor.Subsystem(nqn));
            call.Report.EndItem();
        }

        call.Report.EndItems();
    }

    private static void Show(Report report, NamespaceEditor editor, SubsystemNode subsystem)
    {
        if (subsystem.Passthrough.Count > 0)
        {
            report.Note("commands are passed through: its namespaces are those of its target");
        }

        report.BeginTable(
            "namespaces",
            new Column("nsid", 5),
            new Column("enable", 6),
            new Column("blocks", 12),
            new Column("block_bytes", 11),
            new Column("size", -9),
            new Column("storage", -28));
        foreach (NamespaceNode node in subsystem.Namespaces)
        {
            NvmeNamespace? served = editor.Served(subsystem, node);
            report.Row(
                node.NamespaceId,
                served?.IsActive == true,
                served is null ? Cell.None : served.SizeBlocks,
                served is null ? Cell.None : served.BlockBytes,
                served is null ? Cell.None : ValueText.ShowSize(served.SizeBlocks * served.BlockBytes),
                node.Source is null ? Cell.None : Ascii(node.Source.ToString()));
        }

        report.EndTable();
    }

    private static void RunAdd(CommandCall call)
    {
        if (call.Arguments.Count < 2)
        {
            call.FailUsage(Add);
            return;
        }

        Change(call, Add, (editor, nqn, nsid) => editor.Add(nqn, nsid, call[1]!, call.Arguments.Skip(2)));
    }

    private static void Change(CommandCall call, ConsoleCommand command, Action<NamespaceEditor, string, string> change)
    {
        if (call[0] is not string nsid)
        {
            call.FailUsage(command);
        }
        else if (TheSubsystem(call) is string nqn && call.Targets.Editor is { } editor)
        {
            change(editor, nqn, nsid);
            lock (editor.Gate)
            {
                ShowAll(call, editor, [nqn]);
            }
        }
    }

    private static void CompleteId(CompletionCall call)
    {
        if (call.Before.Count > 0 || call.Targets.Editor is not { } editor)
        {
            return;
        }

        lock (editor.Gate)
        {
            foreach (string nqn in call.Targets.Functions.Select(function => function.Controller.Settings.SubsystemNqn).Distinct())
            {
                call.Candidates.AddRange(editor.Subsystem(nqn).Namespaces.Select(node => $"{node.NamespaceId}"));
            }
        }
    }

    private static void CompleteAdd(CompletionCall call)
    {
        if (call.Before.Count == 1)
        {
            call.Candidates.AddRange(["file:", "block:", "ram:", "null:"]);
        }
        else if (call.Before.Count > 1)
        {
            call.Candidates.AddRange(NamespaceEditor.SettingNames.Select(name => name + "="));
        }
    }

    /// <summary>A path may have any characters; the line has ASCII.</summary>
    internal static string Ascii(string text) => string.Create(text.Length, text, (line, from) =>
    {
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        }
    });
}
