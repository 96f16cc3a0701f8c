using System.Linq;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Startup;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>ls</c>, <c>get</c>, <c>set</c>: the configuration that is served, attribute by attribute.</summary>
internal static class AttributeCommands
{
    private const string LiveAttributes = "enable and size of namespaces, ana_state of ANA groups, start of controllers";
    private const string Paths = "Paths are those of configfs without its first directories: subsystems/NQN/attr_model,\n"
        + "ports/1/param_mdts, functions/NAME/nvme/mdts_kb; tab completes them.";

    /// <summary>Lists.</summary>
    public static ConsoleCommand List { get; } = new("ls", "[PATH]", "what is at a place of the configuration", RunList)
    {
        ArgumentsMax = 1,
        Complete = CompletePath,
        Details = Paths,
    };

    /// <summary>Shows.</summary>
    public static ConsoleCommand Get { get; } = new("get", "[PATH]", "one attribute, or all that are set below a place", RunGet)
    {
        ArgumentsMax = 1,
        Complete = CompletePath,
        Details = Paths,
    };

    /// <summary>Changes.</summary>
    public static ConsoleCommand Set { get; } = new("set", "PATH VALUE", "change an attribute, where that can be while it is served", RunSet)
    {
        ArgumentsMax = 2,
        Complete = CompleteSet,
        Details = $"While it is served: {LiveAttributes}. It lasts until the firmware ends.\n{Paths}",
    };

    private static void RunList(CommandCall call) => Inside(call, (root, editor) =>
    {
        if (!TryFind(call, root, out ViewedNode node, out ViewedAttribute? attribute))
        {
            return;
        }

        call.Report.Field("path", Shown(call[0]?.Trim('/') ?? string.Empty), call[0] is null ? "" : null);
        call.Report.BeginTable("entries", new Column("name", -26), new Column("change", -7), new Column("value", -40));
        foreach (ViewedAttribute one in attribute is null ? node.Attributes : [attribute])
        {
            call.Report.Row(one.Name, WhenOf(editor, one), one.Show() is string value ? Shown(value) : Cell.None);
        }

        foreach ((string name, ViewedNode below) in attribute is null ? node.Children : [])
        {
            int count = below.Children.Count;
            call.Report.Row(Shown(name) + "/", Cell.None, below.Attributes.Count > 0 || count == 0 ? Cell.None : string.Join(", ", below.Children.Select(child => Shown(child.Name))));
        }

        call.Report.EndTable();
    });

    private static void RunGet(CommandCall call)
    {
        List<(string Path, string Value)>? found = null;
        Inside(call, (root, editor) =>
        {
            if (!TryFind(call, root, out ViewedNode node, out ViewedAttribute? attribute))
            {
                return;
            }

            if (attribute is not null)
            {
                ShowOne(call.Report, editor, node, attribute);
                return;
            }

            found = [];
            Collect(node, found);
        });

        // Shown when nobody waits any more: of many namespaces it is long, and a line may be slow.
        if (found is not null)
        {
            call.Report.BeginTable("attributes", new Column("path", -40), new Column("value", -38));
            for (int i = 0; i < found.Count && !call.IsEnding; i++)
            {
                call.Report.Row(Shown(found[i].Path), Shown(found[i].Value));
            }

            call.Report.EndTable();
        }
    }

    private static void RunSet(CommandCall call)
    {
        if (call.Arguments.Count < 2)
        {
            call.FailUsage(Set);
            return;
        }

        Inside(call, (root, editor) =>
        {
            if (!TryFind(call, root, out ViewedNode node, out ViewedAttribute? attribute))
            {
                return;
            }

            string path = attribute is null ? call[0]! : node.PathOf(attribute.Name);
            if (attribute is null)
            {
                call.Report.Fail($"{path}: is no attribute; allowed: {Names(node)}");
            }
            else if (Change(editor, path, attribute, call[1]!) is string problem)
            {
                call.Report.Fail(problem);
            }
            else
            {
                ShowOne(call.Report, editor, node, attribute);
            }
        });
    }

    /// <returns>What is wrong, or null.</returns>
    private static string? Change(NamespaceEditor editor, string path, ViewedAttribute attribute, string text)
    {
        if (attribute.Check?.Invoke(text) is string problem)
        {
            return $"{path} {ConfigurationException.Printable(text)}: {problem}; allowed: {attribute.Allowed}";
        }

        if (attribute.SetLive is not null)
        {
            attribute.SetLive(text); // also where it is so: a start that failed is tried again
            return null;
        }

        if (text == attribute.Show())
        {
            return null;
        }

        return editor.FollowedDirectory is string directory
            ? ConfigurationView.RefusalWhereFollowed(directory, path)
            : $"{path}: cannot change while it is served; change it where the firmware is started, and restart; allowed now: {LiveAttributes}";
    }

    private static void Inside(CommandCall call, Action<ViewedNode, NamespaceEditor> run)
    {
        if (call.Targets.Editor is not { } editor)
        {
            call.Report.Fail("no function is served now, so there is no configuration to look at");
            return;
        }

        lock (editor.Gate)
        {
            run(ConfigurationView.Of(editor, call.Targets.Functions), editor);
        }
    }

    private static bool TryFind(CommandCall call, ViewedNode root, out ViewedNode node, out ViewedAttribute? attribute)
    {
        bool isThere = ConfigurationView.TryFind(root, call[0] ?? string.Empty, out node, out attribute);
        if (!isThere)
        {
            string where = node.Path.Length == 0 ? "at the top" : $"in {node.Path}";
            call.Report.Fail($"{ConfigurationException.Printable(call[0]!)}: no such attribute or place; allowed {where}: {Names(node)}");
        }

        return isThere;
    }

    private static string Names(ViewedNode node)
    {
        List<string> names = [.. node.Children.Select(child => child.Name + "/"), .. node.Attributes.Select(attribute => attribute.Name)];
        return names.Count == 0 ? "none, there is none" : string.Join(", ", names);
    }

    /// <summary>When a change takes effect: while it is served, when its controllers start, or when the process does.</summary>
    private static string WhenOf(NamespaceEditor editor, ViewedAttribute attribute) =>
        attribute.SetLive is not null ? "live" : editor.FollowedDirectory is not null ? "start" : "restart";

    private static void ShowOne(Report report, NamespaceEditor editor, ViewedNode node, ViewedAttribute attribute)
    {
        report.Field("path", Shown(node.PathOf(attribute.Name)));
        report.Field("value", attribute.Show() is string value ? Shown(value) : Cell.None);
        report.Field("allowed", attribute.Allowed);
        report.Field("change", WhenOf(editor, attribute));
    }

    /// <summary>All that is set below a node.</summary>
    private static void Collect(ViewedNode node, List<(string Path, string Value)> found)
    {
        foreach (ViewedAttribute attribute in node.Attributes)
        {
            if (attribute.Show() is string value)
            {
                found.Add((node.PathOf(attribute.Name), value));
            }
        }

        foreach ((_, ViewedNode below) in node.Children)
        {
            Collect(below, found);
        }
    }

    private static string Shown(string text) => NamespaceCommands.Ascii(text);

    private static void CompletePath(CompletionCall call)
    {
        if (call.Before.Count == 0)
        {
            AddPaths(call);
        }
    }

    private static void CompleteSet(CompletionCall call)
    {
        CompletePath(call);
        if (call.Before.Count != 1 || call.Targets.Editor is not { } editor)
        {
            return;
        }

        lock (editor.Gate)
        {
            // Where a few words are allowed, they are what may follow.
            _ = ConfigurationView.TryFind(ConfigurationView.Of(editor, call.Targets.Functions), call.Before[0], out _, out ViewedAttribute? attribute);
            string[] words = attribute?.Allowed.Split(", ") ?? [];
            call.Candidates.AddRange(words.All(word => !word.Contains(' ', StringComparison.Ordinal)) ? words : []);
        }
    }

    /// <summary>One level at a time: what is in the deepest place that the word names.</summary>
    private static void AddPaths(CompletionCall call)
    {
        if (call.Targets.Editor is not { } editor)
        {
            return;
        }

        lock (editor.Gate)
        {
            int slash = call.Word.LastIndexOf('/');
            ViewedNode root = ConfigurationView.Of(editor, call.Targets.Functions);
            _ = ConfigurationView.TryFind(root, slash < 0 ? string.Empty : call.Word[..slash], out ViewedNode node, out _);
            call.Candidates.AddRange(node.Children.Select(child => node.PathOf(child.Name) + "/"));
            call.Candidates.AddRange(node.Attributes.Select(attribute => node.PathOf(attribute.Name)));
        }
    }
}
