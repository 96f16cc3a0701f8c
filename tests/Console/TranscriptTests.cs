using System.Text;
using System.Text.RegularExpressions;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>
/// The session in docs/console.md, typed at a pseudo-terminal while a host is attached. What differs from run to run is a # there; a page that
/// says something else fails.
/// </summary>
[Collection("firmware process")]
public sealed partial class TranscriptTests
{
    private const string Variable = "NVMEPF_WRITE_CONSOLE";
    private const string Begin = "<!-- A session: kept by tests/Console/TranscriptTests.cs -->\n```\n";
    private const string End = "```\n";
    private const string Prompt = "nvmepf> ";

    private static readonly string[] s_lines =
    [
        "status",
        "queues",
        "regs nvme aqa",
        "ns add 2 null:1G",
        "ns list",
        "get functions/nvmepf.0/nvme/mdts_kb",
        "set subsystems/nqn.2014-08.org.example:disk/attr_serial 42",
        "inject error read-error op=read lba=0-100 count=3",
        "inject list",
    ];

    [Fact]
    public void The_page_shows_what_is_shown()
    {
        string path = Path.Combine(Root(), "docs", "console.md");
        string found = File.ReadAllText(path);
        int begin = found.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        Assert.True(begin >= Begin.Length, $"docs/console.md has no line {Begin}");
        int end = found.IndexOf("\n" + End, begin, StringComparison.Ordinal) + 1;
        string expected = Record();
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            found = found[..begin] + expected + found[end..];
            File.WriteAllText(path, found);
            return;
        }

        string[] have = found[begin..end].Split('\n');
        string[] want = expected.Split('\n');
        int line = 0;
        while (line < have.Length && line < want.Length && have[line] == want[line])
        {
            line++;
        }

        Assert.True(
            have.Length == line && want.Length == line,
            $"docs/console.md, line {line + 1} of the session: there is '{have.ElementAtOrDefault(line)}', the console says '{want.ElementAtOrDefault(line)}'; "
            + $"to write it anew: {Variable}=1 ./build.sh test FullyQualifiedName~Transcript");
    }

    private static string Record()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new(
            "--namespace", "ram:8M", "--queues", "2", "--subsysnqn", "nqn.2014-08.org.example:disk", "--serial", "0123456789", "--console", terminal.Path);
        _ = terminal.WaitFor(Prompt);
        using NvmeHost host = firmware.Connect();
        host.Enable();
        HostSubmissionQueue queue = host.CreateQueuePair(1, 33);
        using HostNamespace disk = HostNamespace.Open(host, queue, 1);
        HostBuffer buffer = host.Arena.Allocate(4096, 4096);
        for (ulong lba = 0; lba < 20; lba++)
        {
            _ = disk.Write(lba, buffer);
            _ = disk.Read(lba, buffer);
        }

        StringBuilder text = new();
        foreach (string line in s_lines)
        {
            string answer = terminal.Ask(line).Replace("\r", "", StringComparison.Ordinal);
            _ = text.Append(Prompt).Append(line).Append('\n').Append(Normalised(line, answer));
        }

        host.Arena.Free(buffer);
        return text.ToString();
    }

    /// <summary>What depends on time or on the process.</summary>
    private static string Normalised(string line, string answer) => line switch
    {
        "status" => Counted().Replace(Identity().Replace(answer, match => match.Groups[1].Value + "#"), match => match.Groups[1].Value + "#"),
        _ => answer,
    };

    [GeneratedRegex(@"(?<=^|\n)((?:process id|uptime) +)\S+")]
    private static partial Regex Identity();

    [GeneratedRegex(@"(  commands completed +)\d+")]
    private static partial Regex Counted();

    private static string Root()
    {
        string? folder = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Firmware.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no folder with Firmware.sln: set NVMEPF_ROOT to the checkout");
    }
}
