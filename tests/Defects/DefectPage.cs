using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>docs/defects.md as its tests read it.</summary>
internal static partial class DefectPage
{
    /// <summary>The rows of its table.</summary>
    internal static DefectRow[] Rows() =>
    [
        .. File.ReadLines(Path.Combine(FindRoot(), "docs", "defects.md")).Where(line => Row().IsMatch(line)).Select(line =>
        {
            string[] cells = line.Trim('|').Split('|');
            return new DefectRow(
                int.Parse(cells[0], CultureInfo.InvariantCulture), cells, [.. Name().Matches(cells[3]).Select(name => name.Groups[1].Value)]);
        }),
    ];

    /// <summary>Whether a name without the namespace of all tests is one of a test that is run.</summary>
    internal static bool IsTest(string name)
    {
        int dot = name.LastIndexOf('.');
        MethodInfo? method = dot < 0 ? null : typeof(DefectPage).Assembly.GetType($"Nvmepf.Tests.{name[..dot]}")?.GetMethod(name[(dot + 1)..]);
        return method?.GetCustomAttribute<FactAttribute>() is { Skip: null };
    }

    /// <summary>Root of the repository.</summary>
    internal static string FindRoot()
    {
        string? folder = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Firmware.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no folder with Firmware.sln: set NVMEPF_ROOT to the checkout");
    }

    [GeneratedRegex(@"^\| *(\d+) *\|")]
    private static partial Regex Row();

    [GeneratedRegex(@"`([A-Z]\w*\.[A-Z]\w*\.\w+)`")]
    private static partial Regex Name();
}

/// <summary>One row: a defect, what is done about it, and the tests that fail on it.</summary>
internal sealed record DefectRow(int Number, string[] Cells, string[] Tests);
