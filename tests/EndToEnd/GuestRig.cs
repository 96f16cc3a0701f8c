using System;
using System.IO;
using System.Text;
using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// Runs scenarios of tools/rig against the published firmware: a Linux guest in QEMU uses it as a disk. The firmware is out/linux-x64/nvmepf
/// or what NVMEPF_BINARY names. QEMU and the guest are fetched once, before the first scenario.
/// </summary>
public sealed class GuestRig
{
    /// <summary>The name of the collection whose tests share one rig and never run beside another test.</summary>
    public const string Collection = "Linux guest";

    // The first provisioning downloads 150 MB; what comes after is bounded by the scenarios' own limits.
    private static readonly TimeSpan ProvisionDeadline = TimeSpan.FromMinutes(12);
    private static readonly TimeSpan ScenarioDeadline = TimeSpan.FromMinutes(9);

    private readonly string _scripts;
    private readonly string _firmware;
    private readonly string _model;
    private readonly string _host;
    private readonly string? _unusable;

    /// <summary>Finds the firmware and provisions the rig; what goes wrong is the failure of each test, not of the fixture.</summary>
    public GuestRig()
    {
        string root = FindRoot();
        _scripts = Path.Combine(root, "tools", "rig");
        _firmware = Environment.GetEnvironmentVariable("NVMEPF_BINARY") ?? Path.Combine(root, "out", "linux-x64", "nvmepf");
        _model = Environment.GetEnvironmentVariable("NVMEPF_SOC_BINARY") ?? Path.Combine(root, "out", "linux-x64", "nvmepf-soc");
        _host = Environment.GetEnvironmentVariable("NVMEPF_HOST_BINARY") ?? Path.Combine(root, "out", "linux-x64", "nvmepf-host");
        if (Environment.GetEnvironmentVariable("NVMEPF_SKIP_GUEST") == "1")
        {
            _unusable = "NVMEPF_SKIP_GUEST=1";
            return;
        }
        if (!File.Exists(_firmware))
        {
            _unusable = $"there is no firmware to test at {_firmware}; ./build.sh publishes it, NVMEPF_BINARY names another one";
            return;
        }
        ScriptRun provision = ScriptRun.Start(Path.Combine(_scripts, "provision.sh"), [], ProvisionDeadline);
        if (!provision.Succeeded)
        {
            _unusable = $"the rig could not be provisioned (NVMEPF_SKIP_GUEST=1 skips these tests):\n{provision.Output}";
        }
    }

    /// <summary>Runs a scenario; the test fails with the scenario's last words if anything was not as it should be.</summary>
    public void Run(ITestOutputHelper log, string scenario, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        RunScript(log, "scenario.sh", [scenario, "--nvmepf", _firmware, .. options]);
    }

    /// <summary>Runs the firmware on a board of its own, with a register model between it and a host that runs a script of tools/rig/guest.</summary>
    public void RunBoard(ITestOutputHelper log, string script, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Assert.True(_unusable != null || File.Exists(_model), $"there is no model at {_model}; ./build.sh publishes it");
        RunScript(log, "board.sh", [script, "--nvmepf", _firmware, "--soc", _model, .. options]);
    }

    /// <summary>Runs the firmware and the userspace host inside one guest, over an NVMe controller of that guest.</summary>
    public void RunPassthrough(ITestOutputHelper log, string name)
    {
        Assert.True(_unusable != null || File.Exists(_host), $"there is no userspace host at {_host}; ./build.sh publishes it");
        RunScript(log, "passthrough.sh", [name, "--nvmepf", _firmware, "--host", _host]);
    }

    /// <summary>Lets Linux's own drivers bring the model up in an arm64 machine.</summary>
    public void RunJudge(ITestOutputHelper log, params string[] options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Assert.True(_unusable != null || File.Exists(_model), $"there is no model at {_model}; ./build.sh publishes it");
        RunScript(log, "provision-judge.sh", []);
        RunScript(log, "judge.sh", [_model, _host, .. options]);
    }

    private void RunScript(ITestOutputHelper log, string script, string[] arguments)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (_unusable != null)
        {
            Assert.Fail(_unusable);
        }
        ScriptRun run = ScriptRun.Start(Path.Combine(_scripts, script), arguments, ScenarioDeadline);
        log.WriteLine(run.Output);
        if (!run.Succeeded)
        {
            string end = run.TimedOut ? $"did not end within {ScenarioDeadline}" : $"ended with status {run.ExitStatus}";
            Assert.Fail($"tools/rig/{script} {string.Join(' ', arguments)} {end}. Its last lines:\n{LastLines(run.Output, 120)}");
        }
    }

    private static string LastLines(string text, int count)
    {
        string[] lines = text.TrimEnd('\n').Split('\n');
        var last = new StringBuilder();
        for (int i = Math.Max(0, lines.Length - count); i < lines.Length; i++)
        {
            last.Append(lines[i]).Append('\n');
        }
        return last.ToString();
    }

    // The tests run from an output folder that may be anywhere; NVMEPF_ROOT helps where it is outside the source tree.
    internal static string FindRoot()
    {
        foreach (string? start in new[] { Environment.GetEnvironmentVariable("NVMEPF_ROOT"), AppContext.BaseDirectory, SourceFolder() })
        {
            for (string? folder = start; folder != null; folder = Path.GetDirectoryName(folder))
            {
                if (File.Exists(Path.Combine(folder, "Firmware.sln")))
                {
                    return folder;
                }
            }
        }
        throw new DirectoryNotFoundException("the source tree (the folder of Firmware.sln) was not found; set NVMEPF_ROOT to it");
    }

    private static string? SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.GetDirectoryName(path);
}

/// <summary>
/// The collection of the tests that boot a guest: one at a time, and no other test beside them, because a guest takes the whole machine.
/// </summary>
[CollectionDefinition(GuestRig.Collection, DisableParallelization = true)]
public sealed class GuestRigTests : ICollectionFixture<GuestRig>
{
}
