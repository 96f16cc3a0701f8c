using System.Xml;

namespace Nvmepf.Mutations;

/// <summary>How one test ended.</summary>
internal enum TestEnd
{
    /// <summary>It was not seen to end: the process crashed or had to be killed before.</summary>
    None,

    /// <summary>Every case of it passed.</summary>
    Passed,

    /// <summary>One of its cases failed.</summary>
    Failed,
}

/// <summary>What a run of the test program said, from its results file.</summary>
internal sealed class TestRun
{
    private readonly Dictionary<string, TestEnd> _ends = [];

    /// <summary>Namespace of all tests, with the dot.</summary>
    public const string Namespace = "Nvmepf.Tests.";

    /// <summary>Reads a results file; one that is not there says that no test ended.</summary>
    public TestRun(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        XmlDocument document = new();
        document.Load(path);
        foreach (XmlElement result in document.GetElementsByTagName("UnitTestResult"))
        {
            string name = result.GetAttribute("testName").Split('(', 2)[0];
            name = name.StartsWith(Namespace, StringComparison.Ordinal) ? name[Namespace.Length..] : name;
            TestEnd end = result.GetAttribute("outcome") switch
            {
                "Passed" => TestEnd.Passed,
                "Failed" => TestEnd.Failed,
                _ => TestEnd.None, // skipped: it shows nothing
            };
            _ends[name] = end == TestEnd.Failed || End(name) != TestEnd.Failed ? end : TestEnd.Failed;
        }
    }

    /// <summary>How a test ended, by its name without the namespace.</summary>
    public TestEnd End(string test) => _ends.GetValueOrDefault(test);
}
