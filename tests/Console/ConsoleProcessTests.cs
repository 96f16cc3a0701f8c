using System.Diagnostics;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Nvmepf.Firmware.Console;
using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>The console of the running firmware, through a pseudo-terminal as a person uses it, and through the socket as a script does.</summary>
[Collection("firmware process")]
public sealed class ConsoleProcessTests
{
    private const string Nqn = "nqn.2014-08.org.example:console";

    /// <summary>Commands that end what the others look at, or wait for a person; they have tests of their own.</summary>
    private static readonly string[] s_apart = ["shutdown", "exit", "link reset", "inject link-drop", "export configfs", "export json"];

    private static readonly Dictionary<string, string[]> s_arguments = new()
    {
        ["help"] = ["", "stats", "trace dump"],
        ["stats"] = ["0.1", "total"],
        ["regs"] = ["", "nvme", "nvme cc"],
        ["pci"] = ["", "raw"],
        ["log"] = ["", "3"],
        ["trace on"] = ["", "fetched completed"],
        ["trace dump"] = ["", "5", "10 --filter queue=0", "--filter fetched"],
        ["inject error"] = ["read-error", "281h ns=1 op=read lba=5-7 count=2 dnr=1"],
        ["inject delay"] = ["1 count=1"],
        ["ls"] = ["", "subsystems"],
        ["get"] = ["", "ports", "controllers/vfio-user.0/platform"],
        ["set"] = [$"subsystems/{Nqn}/namespaces/1/enable 1"],
        ["ns add"] = ["7 null:1M"],
        ["ns resize"] = ["7 2M"],
        ["ns disable"] = ["7"],
        ["ns enable"] = ["7"],
        ["ns remove"] = ["7"],
    };

    [Fact]
    public void A_person_edits_lines_recalls_them_and_completes()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "ram:64M", "--console", terminal.Path + ",9600");
        _ = terminal.WaitFor("nvmepf> ");
        Assert.Equal(9600u, terminal.Modes().OutputSpeedBaud);
        Assert.Contains("uptime", terminal.Ask("status"), StringComparison.Ordinal);
        Assert.Contains("uptime", terminal.Ask("xstatus\u0001\u0004"), StringComparison.Ordinal);
        Assert.Contains("uptime", terminal.Ask("\x1b[A\x1b[A"), StringComparison.Ordinal);
        Assert.Contains("uptime", terminal.Ask("statu\t"), StringComparison.Ordinal);
        Assert.Contains("no such command", terminal.Ask("sta\u0017nonsense"), StringComparison.Ordinal);
        Assert.Contains("usage", terminal.Ask("help stat\t\u0017status"), StringComparison.Ordinal);
        terminal.Type("status\u0003");
        _ = terminal.WaitFor("^C\r\n\rnvmepf> ");
        terminal.Type("exit\r");
        _ = terminal.WaitFor("console, help lists");
        Assert.Equal(0, firmware.Terminate());
    }

    [Theory]
    [InlineData(9600)]
    [InlineData(115200)]
    [InlineData(1500000)]
    public void The_speed_is_the_one_that_was_asked_for_and_the_terminal_gets_its_modes_back(uint speed)
    {
        using PseudoTerminal terminal = new();
        uint before = terminal.Modes().Local;
        using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", $"{terminal.Path},{speed}");
        _ = terminal.WaitFor("nvmepf> ");
        Assert.Equal(speed, terminal.Modes().OutputSpeedBaud);
        Assert.NotEqual(before, terminal.Modes().Local);
        Assert.Equal(0, firmware.Terminate());
        Assert.Equal(before, terminal.Modes().Local);
    }

    [Fact]
    public void Every_command_answers_in_lines_of_80_columns_of_ASCII_and_in_JSON()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M", "--queues", "4", "--subsysnqn", Nqn);
        using NvmeHost host = firmware.Connect();
        host.Enable();
        host.CreateQueuePairs(2, 17);
        foreach (ConsoleCommand command in ConsoleCommandTable.Rows)
        {
            foreach (string arguments in s_apart.Contains(command.Name) ? [] : s_arguments.GetValueOrDefault(command.Name, [""]))
            {
                string line = $"{command.Name} {arguments}".Trim();
                CheckPlain(line, ConsoleSocket.Ask(firmware.Folder, line));
                CheckJson(line, ConsoleSocket.Ask(firmware.Folder, line + " --json"));
            }
        }
    }

    [Theory]
    [InlineData("nonsense", "no such command")]
    [InlineData("inject", "allowed: inject error")]
    [InlineData("status now", "one argument too many")]
    [InlineData("log none", "not a number of lines")]
    [InlineData("stats 0", "allowed: 0.01 to 60")]
    [InlineData("regs dbi", "no such block on vfio-user; allowed: nvme")]
    [InlineData("regs nvme xyz", "no such register in nvme")]
    [InlineData("trace on sleeping", "no such kind; allowed: fetched")]
    [InlineData("trace dump --filter cid", "allowed: a kind")]
    [InlineData("inject error", "usage: inject error")]
    [InlineData("inject error fine", "no status; allowed: write-fault")]
    [InlineData("inject error internal lba=5-4", "allowed: FIRST or FIRST-LAST")]
    [InlineData("inject delay 99999999", "allowed: 0 to 3600000 ms")]
    [InlineData("inject clear 77", "no such rule")]
    [InlineData("status --function other", "no such function; allowed: nvmepf.0")]
    public void What_is_wrong_is_said_and_what_is_allowed(string line, string expected)
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, line);
        Assert.False(isWell);
        Assert.Contains(expected, Unwrapped(answer), StringComparison.Ordinal);
        (isWell, answer) = ConsoleSocket.Ask(firmware.Folder, line + " --json");
        Assert.False(isWell);
        Assert.Contains(expected, JsonDocument.Parse(answer).RootElement.GetProperty("error").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("export configfs \"\"", "export configfs \"\": empty; allowed: an empty directory, or one that is made")]
    [InlineData("export json \"\"", "export json \"\": empty; allowed: a file, new or to be replaced")]
    [InlineData("export json a\u0000b", "export json a?b: contains a NUL; allowed: a file, new or to be replaced")]
    [InlineData("help inject more", "inject more: no such command; help lists them")]
    public void Names_that_no_file_can_have_are_refused(string line, string expected)
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        Assert.Equal(expected, firmware.AskIll(line));
        Assert.True(ConsoleSocket.Ask(firmware.Folder, "status").IsWell);
    }

    [Fact]
    public void A_script_may_name_files_in_any_language_and_is_told_where_its_line_is_too_long()
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        _ = firmware.AskWell($"ns add 2\tfile:{firmware.Folder}/gr\u00fcn,size=1M");
        Assert.True(File.Exists($"{firmware.Folder}/gr\u00fcn"));
        (bool isWell, string answer) = ConsoleSocket.Ask(firmware.Folder, new string('x', 5000));
        Assert.False(isWell);
        Assert.Contains("the line is too long; allowed: up to 4096 bytes", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_explains_the_commands_of_a_group()
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        Assert.Contains("ns resize NSID [SIZE]", firmware.AskWell("help ns"), StringComparison.Ordinal);
        string stats = firmware.AskWell("help stats");
        Assert.Contains("Latency is from the turn", stats, StringComparison.Ordinal);
        Assert.Contains("stats off", stats, StringComparison.Ordinal);
    }

    [Fact]
    public void Junk_does_no_harm()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", terminal.Path);
        _ = terminal.WaitFor("nvmepf> ");
        Random random = new(3);
        byte[] junk = new byte[20_000];
        random.NextBytes(junk);
        for (int i = 0; i < junk.Length; i++)
        {
            junk[i] = junk[i] is 0x13 ? (byte)'x' : junk[i]; // ^S would stop the output
        }

        terminal.Type(junk);
        terminal.Type("\u0011\u0003\u0003help\r");
        _ = terminal.WaitFor("Every command takes --json");
        Assert.False(firmware.HasExited);
    }

    [Fact]
    public void Commands_of_a_host_go_on_while_nobody_reads()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "ram:64M", "--console", terminal.Path);
        _ = terminal.WaitFor("nvmepf> ");
        _ = firmware.RunWell("mixed", "--count", "2000", "--queues", "2"); // whatever the runtime does at first is done
        long before = AllocatedBytes(firmware);
        for (int i = 0; i < 60; i++)
        {
            TypeUnread(terminal, "help\rlog 100\rpci\rtrace on\rtrace dump 1000\r");
        }

        _ = firmware.RunWell("mixed", "--count", "20000", "--queues", "2");
        Assert.Equal(before, AllocatedBytes(firmware));

        // Reading again finds a console that answers.
        terminal.Type("\u0003\u0003");
        for (int i = 0; i < 100; i++)
        {
            terminal.Read(20);
        }

        terminal.Type("\u0003\rhelp status\r");
        _ = terminal.WaitFor("link, controller state, uptime");
    }

    [Fact]
    public void A_line_that_is_stopped_by_XOFF_goes_on_with_XON()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", terminal.Path);
        _ = terminal.WaitFor("nvmepf> ");
        terminal.Type("\u0013status\r");
        for (int i = 0; i < 20; i++)
        {
            terminal.Read(20);
        }

        Assert.DoesNotContain("uptime", terminal.Seen, StringComparison.Ordinal);
        terminal.Type("\u0011");
        _ = terminal.WaitFor("uptime");
    }

    [Fact]
    public void A_line_that_hangs_up_is_used_again_when_it_is_back()
    {
        string link = Path.Join(Path.GetTempPath(), $"nvmepf-tty-{Environment.ProcessId}-{Guid.NewGuid():N}");
        try
        {
            using PseudoTerminal second = new();
            PseudoTerminal first = new();
            _ = File.CreateSymbolicLink(link, first.Path);
            using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", link);
            _ = first.WaitFor("nvmepf> ");
            first.Type("trace dump");
            first.Dispose();
            File.Delete(link);
            _ = File.CreateSymbolicLink(link, second.Path);
            _ = second.WaitFor("nvmepf> ");
            Assert.Contains("uptime", second.Ask("status"), StringComparison.Ordinal);
            Assert.Equal(0, firmware.Terminate());
            Assert.Contains("hung up", firmware.Log, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public void Two_people_at_once_do_not_see_each_other()
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        using Socket one = ConsoleSocket.Connect(firmware.Folder);
        using Socket other = ConsoleSocket.Connect(firmware.Folder);
        one.Send([2]);
        other.Send([2]);
        _ = ReadUntil(one, "nvmepf> ");
        _ = ReadUntil(other, "nvmepf> ");
        one.Send("stat"u8);
        other.Send("help status\r"u8);
        Assert.Contains("uptime", ReadUntil(other, "\rnvmepf> "), StringComparison.Ordinal);
        one.Send("us\r"u8);
        string seen = ReadUntil(one, "\rnvmepf> ");
        Assert.Contains("uptime", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("help", seen, StringComparison.Ordinal);
        Assert.Equal(0, firmware.Terminate());
        Assert.False(File.Exists(Path.Join(firmware.Folder, "console")));
    }

    [Fact]
    public void Top_goes_on_until_a_key_and_shutdown_wants_to_be_confirmed()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:1M", "--console", terminal.Path);
        _ = terminal.WaitFor("nvmepf> ");
        terminal.Type("top\r");
        _ = terminal.WaitFor("errors/s");
        _ = terminal.WaitFor("errors/s");
        terminal.Type("\x1b[A");
        _ = terminal.WaitFor("\rnvmepf> ");
        Assert.Contains("uptime", terminal.Ask("status"), StringComparison.Ordinal); // of the arrow nothing was left over
        terminal.Type("shutdown\r");
        _ = terminal.WaitFor("(y/n) ");
        terminal.Type("n");
        _ = terminal.WaitFor("not confirmed");
        Assert.False(firmware.HasExited);
        terminal.Type("shutdown\ry");
        long start = Stopwatch.GetTimestamp();
        while (!firmware.HasExited)
        {
            terminal.Read(20);
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 60, "the firmware does not end");
        }
    }

    [Fact]
    public void The_client_asks_one_line_and_its_exit_status_says_how_it_went()
    {
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        _ = ConsoleSocket.Ask(firmware.Folder, "status");
        (int status, string output) = RunClient($"console {firmware.Folder} -c 'status --json'");
        Assert.Equal(0, status);
        Assert.Equal("nvmepf.0", JsonDocument.Parse(output).RootElement.GetProperty("functions")[0].GetProperty("name").GetString());
        Assert.Equal(1, RunClient($"console {firmware.Folder}/console -c nonsense").ExitCode);
        (status, output) = RunClient($"console {firmware.Folder}/nowhere -c status");
        Assert.Equal(2, status);
        Assert.Contains("cannot connect", output, StringComparison.Ordinal);
        Assert.Contains("uptime", RunClient($"console {firmware.Folder} <<< status").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_client_hands_the_terminal_through_and_gives_its_modes_back()
    {
        using PseudoTerminal terminal = new();
        using FirmwareProcess firmware = new("--namespace", "null:1M");
        _ = ConsoleSocket.Ask(firmware.Folder, "status");
        uint before = terminal.Modes().Local;
        using Process client = StartClient($"console {firmware.Folder} < {terminal.Path} > {terminal.Path} 2>&1");
        _ = terminal.WaitFor("nvmepf> ");
        Assert.NotEqual(before, terminal.Modes().Local);
        Assert.Contains("uptime", terminal.Ask("status"), StringComparison.Ordinal);
        terminal.Type("\u001d");
        Assert.True(client.WaitForExit(60_000));
        Assert.Equal(0, client.ExitCode);
        Assert.Equal(before, terminal.Modes().Local);
    }

    [Fact]
    public void Nobody_waits_for_a_long_configuration_on_a_line_that_is_not_read()
    {
        using PseudoTerminal terminal = new();
        string nqn = "nqn.2026-01.test:" + new string('x', 200); // long lines: more than the buffers on the way hold
        string[] namespaces = [.. Enumerable.Repeat<string[]>(["--namespace", "null:1M"], 128).SelectMany(pair => pair)];
        using FirmwareProcess firmware = new([.. namespaces, "--subsysnqn", nqn, "--console", terminal.Path]);
        _ = terminal.WaitFor("nvmepf> ");
        const string LastLine = "controllers/vfio-user.0/start";
        string seen = string.Empty;

        // Lines that nobody takes for ten seconds are dropped; who is answered before that has not waited for them. A busy machine may need several turns.
        for (int i = 0; i < 5 && !seen.Contains(LastLine, StringComparison.Ordinal); i++)
        {
            terminal.Type("get\r");
            _ = terminal.WaitFor("value");
            _ = firmware.AskWell("ns list");
            seen = terminal.WaitFor("\rnvmepf> ");
        }

        Assert.Contains(LastLine, seen, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_count_what_a_host_did_by_queue_and_kind()
    {
        using FirmwareProcess firmware = new("--namespace", "ram:64M");
        _ = firmware.RunWell("bench", "--count", "5000", "--queues", "2", "--depth", "4");
        JsonElement total = JsonDocument.Parse(ConsoleSocket.Ask(firmware.Folder, "stats total --json").Answer).RootElement;
        JsonElement[] rows = [.. total.GetProperty("functions")[0].GetProperty("commands").EnumerateArray()];
        Assert.Equal(5000, rows.Where(row => row.GetProperty("kind").GetString() == "read").Sum(row => row.GetProperty("commands").GetInt64()));
        Assert.All(rows, row => Assert.True(row.GetProperty("p50_us").GetDouble() <= row.GetProperty("p99_us").GetDouble()));
        _ = ConsoleSocket.Ask(firmware.Folder, "stats off");
        _ = firmware.RunWell("bench", "--count", "1000", "--queues", "1", "--depth", "4");
        Assert.DoesNotContain("6000", ConsoleSocket.Ask(firmware.Folder, "stats total --json").Answer, StringComparison.Ordinal);
    }

    private static void CheckPlain(string line, (bool IsWell, string Answer) said)
    {
        Assert.True(said.IsWell, $"{line}: {said.Answer}");
        Assert.NotEqual("", said.Answer.Trim());
        foreach (string shown in said.Answer.Split('\n'))
        {
            Assert.True(shown.Length <= 79, $"{line}: {shown.Length} columns: {shown}");
            Assert.True(shown.All(character => character is >= ' ' and <= '~'), $"{line}: {PseudoTerminal.Shown(shown)}");
        }
    }

    private static void CheckJson(string line, (bool IsWell, string Answer) said)
    {
        Assert.True(said.IsWell || line.StartsWith("ns ", StringComparison.Ordinal), $"{line}: {said.Answer}");
        Assert.Equal(1, said.Answer.Count(character => character == '\n'));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(said.Answer).RootElement.ValueKind);
    }

    private static string Unwrapped(string answer) => string.Join(' ', answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static long AllocatedBytes(FirmwareProcess firmware)
    {
        Thread.Sleep(50); // the reactor says it every 10 ms
        string answer = ConsoleSocket.Ask(firmware.Folder, "stats total --json").Answer;
        return JsonDocument.Parse(answer).RootElement.GetProperty("functions")[0].GetProperty("reactors")[0].GetProperty("alloc_bytes").GetInt64();
    }

    private static void TypeUnread(PseudoTerminal terminal, string keys)
    {
        foreach (char key in keys)
        {
            if (!terminal.TryType((byte)key))
            {
                return;
            }
        }
    }

    private static string ReadUntil(Socket socket, string text)
    {
        StringBuilder seen = new();
        byte[] buffer = new byte[4096];
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            int count = socket.Receive(buffer);
            Assert.True(count > 0, $"closed before \"{text}\": {PseudoTerminal.Shown(seen.ToString())}");
            _ = seen.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return seen.ToString();
    }

    private static Process StartClient(string arguments)
    {
        string? binary = FirmwareProcess.FindBinary();
        string program = binary is null ? $"dotnet {Path.Join(AppContext.BaseDirectory, "nvmepf.dll")}" : binary;
        return Process.Start(new ProcessStartInfo("bash", ["-c", $"exec {program} {arguments}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static (int ExitCode, string Output) RunClient(string arguments)
    {
        using Process client = StartClient(arguments);
        string output = client.StandardOutput.ReadToEnd() + client.StandardError.ReadToEnd();
        Assert.True(client.WaitForExit(60_000));
        return (client.ExitCode, output);
    }
}
